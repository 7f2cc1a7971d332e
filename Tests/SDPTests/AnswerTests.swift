import SDP
import Testing

/// We answer.
@Suite struct AnswerTests {
    private func answer(
        _ text: String, _ change: (inout LocalSession) -> Void = { _ in }
    ) throws -> (answer: SessionDescription, session: NegotiatedSession) {
        var local = Descriptions.local
        change(&local)
        var machine = OfferAnswer(local: local)
        let (answer, session) = try machine.makeAnswer(to: Descriptions.parse(text))
        // What goes on the wire is what is meant.
        #expect(try SessionDescription(parsing: answer.text) == answer)
        return (answer, session)
    }

    private func fault(
        _ text: String, _ change: (inout LocalSession) -> Void = { _ in }
    ) -> NegotiationFault? {
        do {
            _ = try answer(text, change)
            return nil
        } catch {
            return error as? NegotiationFault
        }
    }

    @Test func aBrowsersOfferIsTaken() throws {
        let (answer, session) = try answer(Descriptions.browser)
        #expect(session.audio.codecs.map(\.codec) == [.opus])
        #expect(session.audio.codecs[0].sendPayloadType == 111)
        #expect(session.audio.codecs[0].remoteOpus?.inBandFEC == true)
        #expect(session.audio.telephoneEvents.map(\.sendPayloadType) == [110])
        #expect(session.audio.packetTimeMs == 20)
        #expect(session.audio.direction == .sendReceive)
        #expect(session.audio.remoteSSRC == 1_399_694_169)
        #expect(session.audio.transportSequenceNumberID == 3)
        #expect(session.audio.audioLevelID == 1)
        #expect(session.audio.midID == 4)
        #expect(session.audio.transportWideFeedback)
        #expect(!session.audio.negativeAcknowledgement)
        let transport = try #require(session.secure)
        #expect(transport.role == .client)
        #expect(transport.remoteUserNameFragment == "4ZcD")
        #expect(transport.remoteCandidates.count == 3)
        #expect(transport.remoteTrickles && !transport.remoteCandidatesEnd)
        #expect(transport.mid == "0")
        #expect(session.dataChannel?.remotePort == 5_000)
        #expect(session.dataChannel?.remoteMaximumMessageSize == 262_144)

        #expect(answer.sections.map(\.formats) == [["111", "110"], ["webrtc-datachannel"]])
        #expect(answer.sections.map(\.setup) == [.active, .active])
        #expect(answer.sections.map(\.mid) == ["0", "1"])
        #expect(answer.bundle(with: "0") == ["0", "1"])
        #expect(answer.sections[0].multiplexesRTCP)
        #expect(answer.sections[0].headerExtensions.map(\.id).sorted() == [1, 3, 4])
    }

    @Test func whatStandsAtTheSessionsLevelCounts() throws {
        let (_, session) = try answer(Descriptions.otherBrowser)
        #expect(session.secure?.remoteFingerprints.count == 1)
        #expect(session.secure?.remoteTrickles == true)
        #expect(session.audio.codecs[0].sendPayloadType == 109)
        #expect(session.audio.codecs[0].remoteOpus?.stereo == true)
        // None has the clock of Opus; the other is better than none.
        #expect(session.audio.telephoneEvent?.clockRate == 8_000)
        #expect(!session.audio.transportWideFeedback)
        #expect(session.dataChannel?.remoteMaximumMessageSize == 1_073_741_823)
    }

    @Test func ourPreferenceOfCodecsCounts() throws {
        let (answer, session) = try answer(Descriptions.browser) {
            $0.audio.codecs = [.pcma, .opus]
        }
        #expect(session.audio.codecs.map(\.codec) == [.pcma])
        #expect(session.audio.codecs[0].sendPayloadType == 8)
        #expect(session.audio.telephoneEvents.map(\.sendPayloadType) == [126])
        #expect(answer.sections[0].formats == ["8", "126"])
    }

    @Test func theFirstUsableAudioIsTakenAndTheRestRejected() throws {
        let more = """
            m=video 9 UDP/TLS/RTP/SAVPF 96
            a=mid:2
            a=rtpmap:96 VP8/90000
            m=audio 9 UDP/TLS/RTP/SAVPF 111
            a=mid:3
            a=rtpmap:111 opus/48000/2

            """
        let (answer, session) = try answer(
            Descriptions.changed(
                Descriptions.browser, "a=group:BUNDLE 0 1", "a=group:BUNDLE 0 1 2 3")
                + more)
        #expect(answer.sections.map(\.kind) == ["audio", "application", "video", "audio"])
        #expect(answer.sections.map(\.isRejected) == [false, false, true, true])
        #expect(answer.sections[2].formats == ["96"])
        #expect(answer.bundle(with: "0") == ["0", "1"])
        #expect(session.audio.mid == "0")
    }

    @Test func aRejectedFirstAudioIsPassedOver() throws {
        let first = "m=audio 0 UDP/TLS/RTP/SAVPF 0\na=mid:9\n"
        let place = try #require(Descriptions.browser.firstRange(of: "m=audio"))
        var text = Descriptions.browser
        text.insert(contentsOf: first, at: place.lowerBound)
        let (answer, session) = try answer(text)
        #expect(answer.sections.map(\.isRejected) == [true, false, false])
        #expect(session.audio.mid == "0")
        #expect(session.secure?.sectionIndex == 1)
        #expect(!answer.sections[1].attributes.contains(.direction(.inactive)))
    }

    @Test(arguments: [
        ("a=setup:actpass", DTLSRole.client, SetupRole.active),
        ("a=setup:active", .server, .passive), ("a=setup:passive", .client, .active),
    ])
    func theRoleIsTheOneThatThePeerLeaves(
        line: String, role: DTLSRole, setup: SetupRole
    ) throws {
        let (answer, session) = try answer(
            Descriptions.changed(Descriptions.browser, "a=setup:actpass", line))
        #expect(session.secure?.role == role)
        #expect(answer.sections[0].setup == setup)
    }

    @Test func aChoiceIsOursToMake() throws {
        let (answer, session) = try answer(Descriptions.browser) {
            var secure = Descriptions.secure
            secure.preferredRole = .server
            $0.transport = .secure(secure)
        }
        #expect(session.secure?.role == .server)
        #expect(answer.sections[0].setup == .passive)
    }

    @Test(arguments: Direction.allCases, Direction.allCases)
    func directionsMeet(ours: Direction, theirs: Direction) throws {
        let (answer, session) = try answer(
            Descriptions.changed(Descriptions.browser, "a=sendrecv", "a=\(theirs.rawValue)")
        ) { $0.audio.direction = ours }
        let expected = Direction(
            sends: ours.sends && theirs.receives, receives: ours.receives && theirs.sends)
        #expect(session.audio.direction == expected)
        #expect(answer.sections[0].direction == expected)
    }

    @Test(arguments: [
        (nil, nil, 20), ("40", nil, 40), ("30", nil, 20), ("5", nil, 10), ("60", "40", 40),
        ("200", nil, 60), (nil, "10", 10),
    ])
    func packetsAreAsLongAsThePeerWants(
        packetTime: String?, maximum: String?, expected: Int
    ) throws {
        var lines = "a=mid:0"
        if let packetTime { lines += "\na=ptime:\(packetTime)" }
        if let maximum { lines += "\na=maxptime:\(maximum)" }
        let (_, session) = try answer(
            Descriptions.changed(Descriptions.browser, "a=mid:0", lines))
        #expect(session.audio.packetTimeMs == expected)
    }

    @Test func aDataChannelOutsideTheBundleIsRejected() throws {
        let (answer, session) = try answer(
            Descriptions.changed(Descriptions.browser, "a=group:BUNDLE 0 1", "a=group:BUNDLE 0"))
        #expect(session.dataChannel == nil)
        #expect(answer.sections[1].isRejected)
        #expect(answer.bundle(with: "0") == ["0"])
    }

    @Test func aDataChannelIsRejectedWhenWeWantNone() throws {
        let (answer, session) = try answer(Descriptions.browser) { $0.dataChannel = nil }
        #expect(session.dataChannel == nil)
        #expect(answer.sections[1].isRejected)
    }

    @Test func theOlderFormOfDataChannelsIsAnsweredInKind() throws {
        var text = Descriptions.changed(
            Descriptions.browser, "m=application 54400 UDP/DTLS/SCTP webrtc-datachannel",
            "m=application 54400 DTLS/SCTP 5001")
        text = Descriptions.changed(
            text, "a=sctp-port:5000", "a=sctpmap:5001 webrtc-datachannel 1024")
        let (answer, session) = try answer(text)
        #expect(session.dataChannel?.remotePort == 5_001)
        #expect(answer.sections[1].formats == ["5000"])
        #expect(answer.sections[1].other("sctpmap") == "5000 webrtc-datachannel 65535")
    }

    @Test(arguments: [
        ("a=rtcp-mux", "", NegotiationFault.Kind.unusableTransport, "rtcp-mux"),
        ("a=ice-ufrag:4ZcD", "", .unusableTransport, "ICE credentials"),
        ("a=fingerprint:\(Descriptions.fingerprint)", "", .insecure, "no fingerprint"),
        (
            "a=fingerprint:\(Descriptions.fingerprint)",
            "a=fingerprint:md5 00:11", .insecure, "md5"
        ),
        ("a=setup:actpass", "a=setup:holdconn", .unusableTransport, "holdconn"),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus/48000", .noCommonCodec, "opus/48000"),
        (
            "m=audio 54400 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "m=audio 0 X 0", .noAudio,
            "port 0"
        ),
        (
            "m=audio 54400 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "m=video 9 X 0", .noAudio,
            "no audio section"
        ),
        (
            "m=audio 54400 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "m=audio 9 TCP/FAX 111",
            .unusableTransport, "TCP/FAX"
        ),
    ])
    func offersThatLeadToNoCallAreToldApart(
        from: String, to: String, kind: NegotiationFault.Kind, reason: String
    ) throws {
        let fault = try #require(
            fault(Descriptions.changed(Descriptions.browser, from, to)) {
                $0.audio.codecs = [.opus]
            })
        #expect(fault.kind == kind, "\(fault)")
        #expect(fault.description.contains(reason), "\(fault)")
    }

    @Test func theTransportOfABundleMayStandInItsFirstSectionOnly() throws {
        var lines = Descriptions.browser.split(separator: "\n").map(String.init)
        let start = try #require(lines.firstIndex { $0.hasPrefix("m=audio") })
        let end = try #require(lines.firstIndex { $0.hasPrefix("m=application") })
        let audio = lines[start..<end].filter {
            !$0.hasPrefix("a=ice-") && !$0.hasPrefix("a=fingerprint") && !$0.hasPrefix("a=setup")
                && !$0.hasPrefix("a=candidate")
        }
        lines = Array(lines[..<start] + lines[end...] + audio)
        let text = lines.joined(separator: "\n").replacing("BUNDLE 0 1", with: "BUNDLE 1 0")
        let (answer, session) = try answer(text)
        #expect(session.secure?.remoteUserNameFragment == "4ZcD")
        #expect(answer.sections.map(\.kind) == ["application", "audio"])
        #expect(session.audio.codecs.map(\.codec) == [.opus])
    }

    @Test func anotherOfferInTheCallIsAnsweredInPlace() throws {
        var machine = OfferAnswer(local: Descriptions.local)
        let first = try machine.makeAnswer(to: Descriptions.parse(Descriptions.browser))
        let restarted = Descriptions.changed(
            Descriptions.browser, "a=ice-ufrag:4ZcD", "a=ice-ufrag:newU")
        let second = try machine.makeAnswer(to: Descriptions.parse(restarted))
        #expect(second.session.secure?.remoteUserNameFragment == "newU")
        #expect(second.answer.origin.sessionID == first.answer.origin.sessionID)
        #expect(second.answer.origin.version != first.answer.origin.version)
    }
}

extension String {
    fileprivate func firstRange(of text: String) -> Range<String.Index>? {
        ranges(of: text).first
    }
}
