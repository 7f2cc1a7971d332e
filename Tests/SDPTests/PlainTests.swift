import SDP
import Testing

/// RTP without ICE and DTLS.
@Suite struct PlainTests {
    private static func crypto(_ tag: UInt32, _ suite: CryptoSuite, _ byte: UInt8)
        -> CryptoAttribute
    {
        CryptoAttribute(
            tag: tag, suite: suite, key: [UInt8](repeating: byte, count: suite.keyBytes))
    }

    @Test func aTelephonyServersOfferIsTaken() throws {
        var machine = OfferAnswer(local: Descriptions.plain())
        let (answer, session) = try machine.makeAnswer(
            to: Descriptions.parse(Descriptions.telephony))
        #expect(session.plain?.remoteAddress == "198.51.100.20")
        #expect(session.plain?.remotePort == 17_822)
        #expect(session.plain?.remoteRTCPPort == 17_823)
        #expect(session.plain?.keys == nil)
        #expect(session.audio.codecs[0].sendPayloadType == 107)
        #expect(session.audio.packetTimeMs == 20)
        #expect(answer.connection?.address == "127.0.0.1")
        #expect(answer.sections[0].port == 4_000)
        #expect(answer.sections[0].protocolName == "RTP/AVP")
        #expect(!answer.text.contains("ice-"))
        #expect(try SessionDescription(parsing: answer.text) == answer)
    }

    @Test func rtcpGoesWhereItIsSaid() throws {
        var local = Descriptions.plain()
        local.transport = .plain(
            LocalPlainTransport(address: "::1", port: 4_000, multiplexesRTCP: true))
        var machine = OfferAnswer(local: local)
        let apart = Descriptions.changed(
            Descriptions.telephony, "a=ptime:20", "a=rtcp:18000 IN IP4 198.51.100.20")
        let first = try machine.makeAnswer(to: Descriptions.parse(apart))
        #expect(first.session.plain?.remoteRTCPPort == 18_000)
        #expect(!first.answer.sections[0].multiplexesRTCP)
        #expect(first.answer.connection == ConnectionAddress(isIPv6: true, address: "::1"))
        let shared = Descriptions.changed(Descriptions.telephony, "a=ptime:20", "a=rtcp-mux")
        let second = try machine.makeAnswer(to: Descriptions.parse(shared))
        #expect(second.session.plain?.remoteRTCPPort == 17_822)
        #expect(second.answer.sections[0].multiplexesRTCP)
    }

    @Test func numbersThatNeedNoMapAreKnown() throws {
        var local = Descriptions.plain()
        local.audio.codecs = [.l16(rateHz: 44_100), .pcmu]
        var machine = OfferAnswer(local: local)
        let text = """
            v=0
            o=- 1 1 IN IP4 192.0.2.1
            s=-
            c=IN IP4 192.0.2.1
            t=0 0
            m=audio 5004 RTP/AVP 0 11

            """
        let (_, session) = try machine.makeAnswer(to: Descriptions.parse(text))
        #expect(session.audio.codecs.map(\.codec) == [.l16(rateHz: 44_100)])
        #expect(session.audio.codecs.map(\.sendPayloadType) == [11])
        #expect(session.audio.telephoneEvent == nil)
    }

    @Test func holdStopsSending() throws {
        let text = Descriptions.changed(
            Descriptions.telephony, "c=IN IP4 198.51.100.20", "c=IN IP4 0.0.0.0")
        var machine = OfferAnswer(local: Descriptions.plain())
        let (answer, session) = try machine.makeAnswer(to: Descriptions.parse(text))
        #expect(session.audio.direction == .receiveOnly)
        #expect(answer.sections[0].direction == .receiveOnly)
    }

    @Test func keysAreExchanged() throws {
        let suites: [CryptoSuite] = [.aesGCM128, .aesCM128HMACSHA1Tag80]
        let ours = suites.enumerated().map { Self.crypto(UInt32($0) + 1, $1, 1) }
        var caller = OfferAnswer(local: Descriptions.plain(ours))
        var called = OfferAnswer(
            local: Descriptions.plain([Self.crypto(9, .aesCM128HMACSHA1Tag80, 2)]))
        let offer = try Descriptions.parse(caller.makeOffer().text)
        #expect(offer.sections[0].protocolName == "RTP/SAVP")
        let (answer, there) = try called.makeAnswer(to: offer)
        #expect(answer.sections[0].cryptos.map(\.tag) == [2])
        let here = try caller.apply(answer: Descriptions.parse(answer.text))
        #expect(here.plain?.keys?.sending.key == there.plain?.keys?.receiving.key)
        #expect(here.plain?.keys?.receiving.key == [UInt8](repeating: 2, count: 30))
        #expect(there.plain?.keys?.sending.key == [UInt8](repeating: 2, count: 30))
    }

    @Test func encryptionIsNeitherDroppedNorForced() throws {
        let key = Self.crypto(1, .aesGCM128, 1)
        var encrypted = OfferAnswer(local: Descriptions.plain([key]))
        var open = OfferAnswer(local: Descriptions.plain())
        let telephony = try Descriptions.parse(Descriptions.telephony)
        let first = #expect(throws: NegotiationFault.self) {
            _ = try encrypted.makeAnswer(to: telephony)
        }
        #expect(first?.kind == .insecure)
        let offer = encrypted.makeOffer()
        let second = #expect(throws: NegotiationFault.self) { _ = try open.makeAnswer(to: offer) }
        #expect(second?.kind == .insecure)
        var other = OfferAnswer(local: Descriptions.plain([Self.crypto(1, .aesGCM256, 1)]))
        let third = #expect(throws: NegotiationFault.self) { _ = try other.makeAnswer(to: offer) }
        #expect(third?.description.contains("AEAD_AES_256_GCM") == true)
    }

    @Test func anAddressIsNeeded() throws {
        let text = Descriptions.changed(Descriptions.telephony, "c=IN IP4 198.51.100.20", "")
        var machine = OfferAnswer(local: Descriptions.plain())
        let description = try Descriptions.parse(text)
        let fault = #expect(throws: NegotiationFault.self) {
            _ = try machine.makeAnswer(to: description)
        }
        #expect(fault?.kind == .unusableTransport)
    }
}
