import SDP
import Testing

/// We offer.
@Suite struct OfferTests {
    private func apply(
        _ text: String, _ local: LocalSession = Descriptions.local
    ) throws -> NegotiatedSession {
        var machine = OfferAnswer(local: local)
        _ = machine.makeOffer()
        return try machine.apply(answer: Descriptions.parse(text))
    }

    @Test func anOfferHasWhatAPeerNeeds() throws {
        var machine = OfferAnswer(local: Descriptions.local)
        let offer = machine.makeOffer()
        #expect(try SessionDescription(parsing: offer.text) == offer)
        #expect(offer.bundle(with: "0") == ["0", "1"])
        #expect(offer.iceOptions == ["trickle"])
        let audio = offer.sections[0]
        #expect(audio.port == 9)
        #expect(audio.protocolName == "UDP/TLS/RTP/SAVPF")
        #expect(audio.formats == ["111", "0", "8", "110", "126"])
        #expect(audio.formatParameters(111) == "minptime=10;useinbandfec=1")
        #expect(audio.setup == .activeOrPassive)
        #expect(audio.multiplexesRTCP && audio.allowsReducedSizeRTCP)
        #expect(audio.iceUserNameFragment == "ours")
        #expect(audio.fingerprints.count == 1)
        #expect(audio.sources.first?.ssrc == 12_345)
        let data = offer.sections[1]
        #expect(data.protocolName == "UDP/DTLS/SCTP")
        #expect(data.attributes.contains(.sctpPort(5_000)))
        #expect(data.attributes.contains(.maximumMessageSize(262_144)))
    }

    @Test func optionsOfOpusAreSaid() {
        var local = Descriptions.local
        local.audio.opus.discontinuous = true
        local.audio.telephoneEvents = false
        local.audio.negativeAcknowledgement = true
        local.audio.codecs = [.opus]
        local.dataChannel = nil
        var machine = OfferAnswer(local: local)
        let offer = machine.makeOffer()
        #expect(offer.sections.count == 1)
        #expect(offer.sections[0].formats == ["111"])
        #expect(offer.sections[0].formatParameters(111).hasSuffix("usedtx=1"))
        #expect(offer.sections[0].wantsFeedback("nack", for: 111))
    }

    @Test func allCandidatesAtOnceNameTheFarthestAddress() {
        var secure = Descriptions.secure
        secure.candidates = [
            Candidate(foundation: "1", priority: 9, address: "10.0.0.1", port: 1_000),
            Candidate(
                foundation: "2", priority: 8, address: "192.0.2.9", port: 2_000,
                kind: .serverReflexive, related: ("10.0.0.1", 1_000)),
        ]
        secure.isGatheringComplete = true
        secure.trickles = false
        var local = Descriptions.local
        local.transport = .secure(secure)
        var machine = OfferAnswer(local: local)
        let offer = machine.makeOffer()
        #expect(offer.sections[0].port == 2_000)
        #expect(offer.sections[0].connection?.address == "192.0.2.9")
        #expect(offer.sections[0].candidates == secure.candidates)
        #expect(offer.sections[0].endsCandidates)
        #expect(offer.sections[1].candidates.isEmpty)
        #expect(offer.iceOptions == nil)
    }

    @Test func aModelsAnswerIsTaken() throws {
        let session = try apply(Descriptions.modelAnswer)
        let transport = try #require(session.secure)
        #expect(transport.role == .server)
        #expect(transport.remoteIsLite)
        #expect(transport.remoteCandidatesEnd)
        #expect(transport.remoteCandidates.map(\.transport) == [.udp, .tcp])
        #expect(session.audio.codecs.map(\.codec) == [.opus, .pcma, .pcmu])
        #expect(session.audio.telephoneEvents.isEmpty)
        #expect(session.audio.transportWideFeedback)
        #expect(session.audio.transportSequenceNumberID == 2)
        #expect(session.audio.audioLevelID == nil)
        #expect(session.audio.remoteCanonicalName == "realtimeapi")
        #expect(session.dataChannel?.remotePort == 5_000)
    }

    @Test func payloadTypesMayDifferEachWay() throws {
        let text = Descriptions.modelAnswer.replacing("111", with: "96")
        let session = try apply(text)
        #expect(session.audio.codecs[0].sendPayloadType == 96)
        #expect(session.audio.codecs[0].receivePayloadType == 111)
        #expect(session.audio.codecs[0].remoteOpus?.inBandFEC == true)
    }

    @Test(arguments: [
        ("a=setup:active", "a=setup:actpass", NegotiationFault.Kind.unusableTransport),
        ("m=audio 9 UDP/TLS/RTP/SAVPF 111 8 0", "m=audio 0 UDP/TLS/RTP/SAVPF 111 8 0", .noAudio),
        ("m=audio 9 UDP/TLS/RTP/SAVPF 111 8 0", "m=audio 9 UDP/TLS/RTP/SAVPF 9", .noCommonCodec),
        ("m=audio 9 UDP/TLS/RTP/SAVPF 111 8 0", "m=video 9 UDP/TLS/RTP/SAVPF 111", .mismatch),
        ("a=mid:0", "a=mid:7", .mismatch),
        ("a=rtcp-mux", "", .unusableTransport),
        ("a=sctp-port:5000", "a=sctp-port:5000\nm=audio 0 X 0", .mismatch),
    ])
    func answersThatDoNotFitAreToldApart(
        from: String, to: String, kind: NegotiationFault.Kind
    ) throws {
        let text = Descriptions.changed(Descriptions.modelAnswer, from, to)
        let fault = #expect(throws: NegotiationFault.self) { _ = try apply(text) }
        #expect(fault?.kind == kind, "\(String(describing: fault))")
    }

    @Test func aRejectedDataChannelLeavesTheAudio() throws {
        let session = try apply(
            Descriptions.changed(
                Descriptions.modelAnswer, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
                "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"))
        #expect(session.dataChannel == nil)
        #expect(session.audio.codecs.first?.codec == .opus)
    }

    @Test func anAnswerNeedsAnOffer() throws {
        var machine = OfferAnswer(local: Descriptions.local)
        let answer = try Descriptions.parse(Descriptions.modelAnswer)
        let fault = #expect(throws: NegotiationFault.self) {
            _ = try machine.apply(answer: answer)
        }
        #expect(fault?.kind == .noOffer)
        _ = machine.makeOffer()
        _ = try machine.apply(answer: answer)
        #expect(throws: NegotiationFault.self) { _ = try machine.apply(answer: answer) }
    }

    @Test func aRestartKeepsSectionsAndRoles() throws {
        var machine = OfferAnswer(local: Descriptions.local)
        let first = machine.makeOffer()
        _ = try machine.apply(answer: Descriptions.parse(Descriptions.modelAnswer))
        var secure = Descriptions.secure
        secure.userNameFragment = "again"
        machine.local.transport = .secure(secure)
        let second = machine.makeOffer()
        #expect(second.sections.map(\.mid) == first.sections.map(\.mid))
        #expect(second.sections[0].iceUserNameFragment == "again")
        #expect(second.sections[0].setup == .passive)
        #expect(second.origin.version != first.origin.version)
    }

    @Test func bothOurEndsAgree() throws {
        var caller = OfferAnswer(local: Descriptions.local)
        var called = OfferAnswer(local: Descriptions.local)
        let offer = try Descriptions.parse(caller.makeOffer().text)
        let (answer, there) = try called.makeAnswer(to: offer)
        let here = try caller.apply(answer: Descriptions.parse(answer.text))
        #expect(here.audio.codecs == there.audio.codecs)
        #expect(here.secure?.role == .server)
        #expect(there.secure?.role == .client)
        #expect(here.audio.telephoneEvent == there.audio.telephoneEvent)
        #expect(here.audio.midID == 3 && there.audio.midID == 3)
        #expect(here.dataChannel == there.dataChannel)
    }
}
