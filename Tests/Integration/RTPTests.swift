import Control
import Foundation
import JSON
import Testing

/// Plain RTP: two sessions of a daemon call each other, and strangers try to.
@Suite(.serialized) struct RTPTests {
    private static var rate: Int { RTPSessions.rate }

    @Test(
        arguments: [
            ["codec": "pcmu"], ["codec": "pcma", "rtcpMux": true],
            ["codec": "l16", "l16Rate": 16_000],
            ["codec": "opus", "ptimeMs": 40], ["codec": "opus", "payloadType": 96],
        ] as [JSONObject])
    func bothEndsHearEachOther(options: JSONObject) throws {
        let calls = try RTPSessions.pair(options)
        let (up, down) = (Chirp.samples(from: 250, to: 1_000), Chirp.samples(from: 1_100, to: 300))
        // The far end speaks first, and again: the near end answers where the packets come from.
        calls.far.write(up)
        let first = calls.near.read(samples: Self.rate)
        calls.far.write(up + up)
        calls.near.write(down + down)
        let ear = calls.far.readAside(samples: 3 * Self.rate)
        let heardNear = first + calls.near.read(samples: 2 * Self.rate)
        #expect(Chirp.likeness(up, in: heardNear) > 0.9)
        #expect(Chirp.likeness(down, in: ear.wait()) > 0.9)
    }

    @Test func keysAreHeardOnceEach() throws {
        let calls = try RTPSessions.pair(["codec": "pcma"])
        calls.far.write([Int16](repeating: 500, count: Self.rate))
        _ = calls.near.read(samples: Self.rate / 4)
        _ = try calls.client.call("session.sendDtmf", ["session": "far", "digits": "12#"])
        var digits = ""
        while digits.count < 3 {
            let event = try DaemonUnderTest.event("dtmf", from: calls.client)
            digits += event["data"]?["digits"]?.stringValue ?? ""
        }
        #expect(digits == "12#")
        #expect(throws: (any Error).self) {
            try calls.client.call("session.sendDtmf", ["session": "far", "digits": "12x"])
        }
    }

    @Test func theOtherHearsThatACallIsOver() throws {
        let calls = try RTPSessions.pair(["codec": "pcmu"])
        calls.far.write([Int16](repeating: 500, count: Self.rate))
        _ = calls.near.read(samples: Self.rate / 4)
        _ = try calls.client.call("sessions.close", ["session": "far"])
        while true {
            let event = try DaemonUnderTest.event("session_closed", from: calls.client)
            guard event["session"] == "s1" else { continue }
            #expect(event["data"]?["reason"]?.stringValue?.contains("goodbye") == true)
            break
        }
    }

    @Test(
        arguments: [
            ["signalling": "rtp"], ["remoteAddress": "localhost:4000"],
            ["remoteAddress": "127.0.0.1:0"], ["remoteAddress": "[::1]:4000"],
            ["remoteAddress": "127.0.0.1:4000", "localAddress": "127.0.0.1"],
            ["remoteAddress": "127.0.0.1:4000", "codec": "speex"],
            ["remoteAddress": "127.0.0.1:4000", "payloadType": 72],
            ["remoteAddress": "127.0.0.1:4000", "payloadType": 101],
            ["remoteAddress": "127.0.0.1:4000", "ptimeMs": 30],
            ["remoteAddress": "127.0.0.1:4000", "codec": "l16", "l16Rate": 11_025],
            ["remoteAddress": "127.0.0.1:4000", "codec": "l16", "l16Rate": 48_000],
        ] as [JSONObject])
    func whatMakesNoSenseIsRefusedInASentence(options: JSONObject) throws {
        let client = try RTPSessions().client
        let error = #expect(throws: (any Error).self) {
            try client.call(
                "sessions.create",
                [
                    "transport": "webrtc", "wait": true, "local": ["kind": "stream"],
                    "options": .object(options),
                ])
        }
        #expect(error.map { "\($0)".count > 20 } == true)
    }

    @Test func garbageFloodsAndStrangersLeaveTheCallAlone() throws {
        let calls = try RTPSessions.pair(["codec": "pcmu", "rtcpMux": true])
        let sound = Chirp.samples(from: 250, to: 1_000)
        calls.far.write(sound)
        _ = calls.near.read(samples: Self.rate)
        let stranger = try DatagramPeer()
        for count in 0..<3_000 {
            var bytes = (0..<(count % 200)).map { _ in UInt8.random(in: 0...255) }
            // Every second one looks like RTP, some like RTCP.
            if count % 2 == 0, bytes.count > 2 {
                bytes[0] = 0x80
                bytes[1] = count % 8 == 0 ? 200 : 0
            }
            stranger.send(bytes, to: calls.address)
        }
        calls.far.write(sound + sound)
        let heard = calls.near.read(samples: 2 * Self.rate)
        #expect(Chirp.likeness(sound, in: heard) > 0.9)
        // A second later the figures say what came.
        try calls.daemon.until("the garbage is counted") {
            let answer = try calls.client.call("sessions.get", ["session": "near"])
            let inbound = answer["peerStatistics"]?["inboundRtp"]
            return (inbound?["packetsMalformed"]?.integerValue ?? 0) > 100
                && (inbound?["packetsOfStrangers"]?.integerValue ?? 0) > 100
        }
    }
}
