import Control
import JSON
import Testing

/// WebRTC calls of two sessions with each other, by signalling of the test's own.
@Suite(.serialized) struct WebRTCCallTests {
    private static var rate: Int { RTPSessions.rate }

    @Test(
        arguments: [
            [:], ["codecs": ["pcma"]], ["codecs": ["pcmu"]], ["ptimeMs": 10],
            ["ptimeMs": 60],
        ] as [JSONObject])
    func bothEndsHearEachOther(options: JSONObject) throws {
        let sessions = try WebRTCSessions.pair(options)
        let (near, far) = (try sessions.program("near"), try sessions.program("far"))
        let (up, down) = (Chirp.samples(from: 250, to: 1_000), Chirp.samples(from: 1_100, to: 300))
        far.write(up + up)
        near.write(down + down)
        let ear = far.readAside(samples: 3 * Self.rate)
        let heard = near.read(samples: 3 * Self.rate)
        #expect(Chirp.likeness(up, in: heard) > 0.9)
        #expect(Chirp.likeness(down, in: ear.wait()) > 0.9)
    }

    @Test func figuresHaveTheNamesOfTheStandard() throws {
        let sessions = try WebRTCSessions.pair()
        let (near, far) = (try sessions.program("near"), try sessions.program("far"))
        let sound = Chirp.samples(from: 250, to: 1_000)
        far.write(sound + sound)
        near.write(sound + sound)
        let ear = far.readAside(samples: 2 * Self.rate)
        _ = near.read(samples: 2 * Self.rate)
        _ = ear.wait()
        try sessions.daemon.until("the figures came") {
            let figures = try sessions.client.call("sessions.get", ["session": "near"])[
                "peerStatistics"]
            guard let inbound = figures?["inboundRtp"], let outbound = figures?["outboundRtp"],
                let pair = figures?["candidatePair"], let transport = figures?["transport"]
            else { return false }
            return (inbound["packetsReceived"]?.integerValue ?? 0) > 50
                && inbound["packetsLost"] == 0 && inbound["jitter"] != nil
                && (outbound["packetsSent"]?.integerValue ?? 0) > 50
                && outbound["bytesSent"] != nil
                && pair["state"] == "succeeded" && transport["dtlsState"] == "connected"
                && transport["srtpCipher"]?.stringValue?.contains("GCM") == true
        }
    }

    @Test func keysAreHeardOnceEach() throws {
        let sessions = try WebRTCSessions.pair()
        _ = try sessions.client.call("session.sendDtmf", ["session": "far", "digits": "4*#"])
        var digits = ""
        while digits.count < 3 {
            digits += try sessions.event("dtmf")["data"]?["digits"]?.stringValue ?? ""
        }
        #expect(digits == "4*#")
    }

    @Test func whoHangsUpEndsTheOtherEndToo() throws {
        let sessions = try WebRTCSessions.pair()
        _ = try sessions.client.call("sessions.close", ["session": "far"])
        let closed = try sessions.event("session_closed") { $0["session"] == "s2" }
        #expect(closed["data"]?["reason"]?.stringValue?.contains("goodbye") == true, "\(closed)")
    }

    @Test(
        arguments: [
            "v=0", "", "\u{0}\u{1}\u{2}", String(repeating: "a=x\r\n", count: 200_000),
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
            """
            v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n\
            c=IN IP4 0.0.0.0\r\na=rtpmap:96 VP8/90000\r\n
            """,
        ])
    func anAnswerThatIsNoneIsRefusedAndTheCallStillWaits(sdp: String) throws {
        let sessions = try WebRTCSessions()
        try sessions.create("near", ["signalling": "manual"])
        let offer = try sessions.event("transport_event") {
            $0["data"]?["type"] == "webrtc.description"
        }
        #expect(offer["data"]?["sdp"]?.stringValue?.contains("a=setup:actpass") == true)
        let error = #expect(throws: (any Error).self) {
            try sessions.client.call(
                "session.sendEvent",
                [
                    "session": "near",
                    "event": [
                        "type": "webrtc.description", "sdpType": "answer", "sdp": .string(sdp),
                    ],
                ])
        }
        #expect(error.map { "\($0)".count > 20 } == true)
        #expect(
            try sessions.client.call("sessions.get", ["session": "near"])["state"] == "connecting")
        // A right one is still taken.
        try sessions.create("far", ["signalling": "manual", "role": "answer"])
        let description = try #require(offer["data"])
        _ = try sessions.client.call(
            "session.sendEvent", ["session": "far", "event": description])
        try sessions.carry(first: "near")
    }

    @Test(
        arguments: [
            ["signalling": "smoke"], ["signalling": "manual", "codecs": ["vp8"]],
            ["signalling": "manual", "iceServers": ["http://example.org"]],
            ["signalling": "manual", "mediaPorts": "9-8"],
            ["signalling": "listen", "listenAddress": "0.0.0.0:0"],
            ["signalling": "listen", "listenAddress": "here"],
        ] as [JSONObject])
    func whatMakesNoSenseIsRefusedInASentence(options: JSONObject) throws {
        let sessions = try WebRTCSessions()
        let error = #expect(throws: (any Error).self) {
            try sessions.create("room", options, wait: true)
        }
        #expect(error.map { "\($0)".count > 20 } == true)
        #expect(try sessions.client.call("sessions.list")["sessions"]?.arrayValue?.count == 0)
    }

    @Test(arguments: ["", "tlsKey = \"/nowhere/key.pem\""])
    func filesOfTheConfigurationThatAreMissingAreNamed(_ key: String) throws {
        let sessions = try WebRTCSessions(
            config: """
                [transports.webrtc]
                tlsCertificate = "/nowhere/certificate.pem"
                \(key)
                """)
        #expect {
            try sessions.create("room", ["signalling": "listen"], wait: true)
        } throws: { error in
            "\(error)".contains(key.isEmpty ? "tlsKey" : "/nowhere/certificate.pem")
        }
    }
}
