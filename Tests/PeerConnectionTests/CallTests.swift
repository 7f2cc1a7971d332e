import DataChannel
import FakeTransportHost
import ParleyTransport
import PeerConnection
import SDP
import Testing

@Suite struct CallTests {
    @Test func `an offer and an answer lead to a call with media both ways`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop)
            defer { pair.close() }
            #expect(!pair.offerer.send(.rtp, rtp(1)))
            #expect(try pair.connect())
            #expect(pair.states[.offerer] == [.connecting, .connected])
            #expect(pair.states[.answerer] == [.connecting, .connected])
            #expect(pair.offerer.send(.rtp, rtp(1)))
            #expect(pair.offerer.send(.rtcp, rtcp))
            #expect(pair.answerer.send(.rtp, rtp(7, payload: [9])))
            #expect(
                host.run { pair.media[.answerer]?.count == 2 && pair.media[.offerer]?.count == 1 })
            #expect(pair.media[.answerer]?[0].0 == .rtp)
            #expect(pair.media[.answerer]?[0].1 == rtp(1))
            #expect(pair.media[.answerer]?[1].0 == .rtcp)
            #expect(pair.media[.answerer]?[1].1 == rtcp)
            #expect(pair.media[.offerer]?[0].1 == rtp(7, payload: [9]))
            #expect(pair.offerer.session?.audio.codecs.first?.codec == .opus)
        }
    }

    @Test(arguments: [DTLSRole.client, .server])
    func `channels opened early work in either role of DTLS`(role: DTLSRole) throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop) { $0.preferredRole = role }
            defer { pair.close() }
            let mine = try #require(pair.offerer.openChannel(.init(label: "oai-events")))
            var theirs: PeerDataChannel?
            var heard: [DataChannels.Message] = []
            var answered: [DataChannels.Message] = []
            mine.onMessage = { answered.append($0) }
            mine.onState = { if $0 == .open { _ = mine.send(.text("hello")) } }
            pair.answerer.onChannel = { channel in
                theirs = channel
                channel.onMessage = {
                    heard.append($0)
                    _ = channel.send(.binary([1, 2]))
                }
            }
            #expect(try pair.connect())
            #expect(host.run { !answered.isEmpty })
            #expect(heard == [.text("hello")])
            #expect(answered == [.binary([1, 2])])
            #expect(theirs?.label == "oai-events")
            mine.close()
            #expect(host.run { mine.state == .closed && theirs?.state == .closed })
        }
    }

    @Test func `a certificate that is not the one of the description ends it before any media`()
        throws
    {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop)
            defer { pair.close() }
            let offer = try pair.offerer.offer()
            let answer = try pair.answerer.answer(to: offer)
            var forged = try SessionDescription(parsing: answer)
            for index in forged.sections.indices {
                forged.sections[index].attributes = forged.sections[index].attributes.map {
                    guard case .fingerprint(let fingerprint) = $0 else { return $0 }
                    return .fingerprint(
                        CertificateFingerprint(
                            algorithm: fingerprint.algorithm,
                            bytes: fingerprint.bytes.map { $0 ^ 1 }))
                }
            }
            try pair.offerer.setRemoteAnswer(forged.text)
            #expect(host.run { pair.offerer.state == .failed })
            #expect(pair.offerer.fault?.kind == .security)
            #expect(!pair.offerer.send(.rtp, rtp(1)))
            #expect(pair.states[.offerer]?.contains(.connected) == false)
        }
    }

    @Test func `closing ends it at the peer`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop)
            defer { pair.close() }
            #expect(try pair.connect())
            pair.offerer.close()
            #expect(pair.offerer.state == .closed)
            #expect(host.run { pair.answerer.state == .closed })
            #expect(pair.answerer.fault == nil)
            #expect(!pair.answerer.send(.rtp, rtp(1)))
        }
    }

    @Test func `a restart goes on with the same keys`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop)
            defer { pair.close() }
            #expect(try pair.connect())
            let before = try #require(pair.offerer.localDescription)
            try pair.offerer.restart()
            let offer = try pair.offerer.offer()
            #expect(
                try SessionDescription(parsing: offer).sections[0].icePassword
                    != SessionDescription(parsing: before).sections[0].icePassword)
            try pair.offerer.setRemoteAnswer(try pair.answerer.answer(to: offer))
            #expect(host.run { pair.offerer.hasWay && pair.answerer.hasWay })
            #expect(pair.states[.offerer] == [.connecting, .connected])
            #expect(pair.offerer.send(.rtp, rtp(2)))
            #expect(host.run { pair.media[.answerer]?.count == 1 })
        }
    }

    @Test func `a description that makes no sense changes nothing`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop)
            defer { pair.close() }
            for text in ["", "v=0", String(repeating: "a=x\r\n", count: 100_000)] {
                #expect(throws: PeerConnectionFault.self) {
                    _ = try pair.answerer.answer(to: text)
                }
            }
            let offer = try pair.offerer.offer()
            #expect(throws: PeerConnectionFault.self) { try pair.offerer.setRemoteAnswer("v=0") }
            try pair.offerer.setRemoteAnswer(try pair.answerer.answer(to: offer))
            #expect(host.run { pair.offerer.state == .connected })
        }
    }

    @Test func `the statistics name the transport, the pair and the channels`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop)
            defer { pair.close() }
            _ = pair.offerer.openChannel(.init(label: "events"))
            #expect(try pair.connect())
            let statistics = pair.offerer.statistics
            #expect(statistics["transport"]?["dtlsState"]?.stringValue == "connected")
            #expect(statistics["transport"]?["dtlsRole"]?.stringValue == "server")
            #expect(
                statistics["transport"]?["srtpCipher"]?.stringValue == "SRTP_AEAD_AES_128_GCM")
            #expect(statistics["localCandidate"]?["candidateType"]?.stringValue == "host")
            #expect(statistics["remoteCandidate"]?["address"]?.stringValue == "127.0.0.1")
            #expect(statistics["dataChannels"]?.arrayValue?.count == 1)
        }
    }
}
