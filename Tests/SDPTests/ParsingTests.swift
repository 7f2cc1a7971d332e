import SDP
import Testing

@Suite struct ParsingTests {
    @Test(arguments: [
        Descriptions.browser, Descriptions.otherBrowser, Descriptions.modelAnswer,
        Descriptions.telephony,
    ])
    func realDescriptionsAreReadAndWrittenWithoutLoss(text: String) throws {
        let description = try SessionDescription(parsing: text)
        #expect(try SessionDescription(parsing: description.text) == description)
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("a=") }
        for line in lines {
            // One channel goes without saying.
            let written = line.hasSuffix("/8000/1") ? line.dropLast(2) : line
            #expect(description.text.contains("\(written)\r\n"), "\(line)")
        }
    }

    @Test func attributesAreTyped() throws {
        let description = try Descriptions.parse(Descriptions.browser)
        #expect(description.bundle(with: "1") == ["0", "1"])
        let audio = try #require(description.sections.first)
        #expect(audio.kind == "audio")
        #expect(audio.port == 54_400)
        #expect(audio.rtpMaps.first?.encoding == "opus")
        #expect(audio.rtpMaps.first?.channels == 2)
        #expect(OpusParameters(parsing: audio.formatParameters(111)).inBandFEC)
        #expect(audio.setup == .activeOrPassive)
        #expect(audio.mid == "0")
        #expect(audio.wantsFeedback("transport-cc", for: 111))
        #expect(!audio.wantsFeedback("nack", for: 111))
        #expect(audio.headerExtensions.map(\.id) == [1, 2, 3, 4])
        #expect(audio.sources.first?.canonicalName == "FocUG1f0fcg/yvY7")
        #expect(audio.fingerprints.first?.bytes.count == 32)
        #expect(description.attributes.contains(.other(name: "extmap-allow-mixed", value: nil)))
    }

    @Test func candidatesOfEveryKindAreRead() throws {
        let candidates = try Descriptions.parse(Descriptions.browser).sections[0].candidates
        #expect(candidates.map(\.kind) == [.host, .serverReflexive, .host])
        #expect(candidates.map(\.isMulticastName) == [true, false, false])
        #expect(candidates[1].related?.address == "0.0.0.0")
        #expect(candidates[2].tcpType == .active)
        #expect(candidates[2].address == "2001:db8::7")
        let relay = try #require(
            Candidate("candidate:5 1 UDP 41885439 192.0.2.1 50000 typ relay raddr 10.0.0.1 rport 7")
        )
        #expect(relay.kind == .relayed)
        #expect(relay.related?.port == 7)
        #expect(
            relay.description
                == "candidate:5 1 udp 41885439 192.0.2.1 50000 typ relay raddr 10.0.0.1 rport 7")
    }

    @Test(arguments: [
        "candidate:1 1 dccp 1 192.0.2.1 9 typ host", "candidate:1 1 udp 1 192.0.2.1 9 typ token",
        "candidate:1 1 tcp 1 192.0.2.1 9 typ host", "candidate:1 1 udp 1 192.0.2.1 99999 typ host",
        "candidate:1 1 udp 1 192.0.2.1 9", "candidate:", "candidate:1 0 udp 1 192.0.2.1 9 typ host",
        "candidate:1 1 udp 1 not/an/address 9 typ host",
        "candidate:1 1 udp 4294967296 192.0.2.1 9 typ host",
    ])
    func candidatesThatAreNotUnderstoodArePassedOver(text: String) throws {
        #expect(Candidate(text) == nil)
        let whole = Descriptions.changed(Descriptions.browser, "a=mid:0", "a=mid:0\na=\(text)")
        let description = try Descriptions.parse(whole)
        #expect(description.sections[0].candidates.count == 3)
        #expect(description.text.contains("a=\(text)\r\n"))
    }

    @Test func linesMayEndAsTheyLikeAndBeOfUnknownAttributes() throws {
        let text = "v=0\no=a 1 1 IN IP4 h\r\n\r\na=rtpmap\na=ssrc:x\na=fmtp:\na=:\na=\na=\u{301}:\n"
        let description = try Descriptions.parse(text)
        #expect(description.attributes.count == 6)
        #expect(description.name == "-")
        #expect(try Descriptions.parse(description.text) == description)
    }

    @Test func keysInTheDescriptionAreRead() throws {
        let key = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
        let text = Descriptions.changed(
            Descriptions.telephony, "a=ptime:20",
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:\(key)|2^20\n"
                + "a=crypto:2 F8_128_HMAC_SHA1_80 inline:\(key)\n"
                + "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:\(key)|2^20|1:4\n"
                + "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:\(key) UNENCRYPTED_SRTP\n"
                + "a=crypto:5 AEAD_AES_128_GCM inline:\(key)")
        let cryptos = try Descriptions.parse(text).sections[0].cryptos
        #expect(cryptos.map(\.tag) == [1])
        #expect(cryptos.first?.key.count == 30)
        #expect(cryptos.first?.lifetime == "2^20")
        #expect(cryptos.first?.description.contains(key) == false)
        #expect(try Descriptions.parse(text).text.contains("inline:\(key)|2^20\r\n"))
    }

    @Test func whatOpusParametersSayIsRead() {
        let opus = OpusParameters(
            parsing: "maxplaybackrate=16000; stereo=1;UseDTX=1;maxaveragebitrate=20000;x;=;ptime=3")
        #expect(opus.maxPlaybackRate == 16_000)
        #expect(opus.stereo && opus.discontinuous && !opus.inBandFEC)
        #expect(opus.maxAverageBitrate == 20_000)
        #expect(OpusParameters(parsing: opus.text) == opus)
        let events = TelephoneEventParameters(parsing: "0-15,66,300,9-3,x")
        #expect(events.text == "0-15,66")
        #expect(events.contains(66) && !events.contains(16))
    }
}
