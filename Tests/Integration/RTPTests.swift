import Control
import Foundation
import JSON
import Testing

/// Plain RTP: two sessions of a daemon call each other, and strangers try to.
@Suite(.serialized) struct RTPTests {
    private struct Calls {
        let daemon: DaemonUnderTest
        let client: ControlClient
        /// Where the near end takes packets.
        let address: String
        let near: AudioProgram
        let far: AudioProgram
    }

    private static let rate = 16_000

    private func daemon() throws -> DaemonUnderTest {
        let daemon = try DaemonUnderTest()
        try daemon.install(
            plugin: "\(DaemonUnderTest.buildDirectory)/libwebrtc.so", as: "webrtc.so")
        return daemon
    }

    private func create(
        _ name: String, _ options: JSONObject, _ client: ControlClient
    ) throws -> String {
        _ = try client.call(
            "sessions.create",
            [
                "transport": "webrtc", "name": .string(name), "wait": true,
                "local": ["kind": "stream", "rate": .integer(Int64(Self.rate))],
                "options": .object(options),
            ])
        // Where it listens is told as a raw event; later in the statistics too.
        let bound = try DaemonUnderTest.event("transport_event", from: client)
        return try #require(bound["data"]?["localAddress"]?.stringValue)
    }

    /// The near end waits for whoever comes; the far end knows the address.
    private func calls(_ options: JSONObject) throws -> Calls {
        let daemon = try daemon()
        let client = try daemon.client()
        _ = try client.call("events.subscribe")
        var waiting = options
        waiting["latch"] = true
        let address = try create("near", waiting, client)
        var calling = options
        calling["remoteAddress"] = .string(address)
        _ = try create("far", calling, client)
        return Calls(
            daemon: daemon, client: client, address: address,
            near: try AudioProgram(daemon, request: #"{"session":"near","continuous":true}"#),
            far: try AudioProgram(daemon, request: #"{"session":"far","continuous":true}"#))
    }

    /// Like itself at one delay only.
    private func chirp(from low: Double, to high: Double) -> [Int16] {
        (0..<Self.rate).map { index in
            let t = Double(index) / Double(Self.rate)
            return Int16(9_000 * sin(2 * .pi * (low * t + (high - low) / 2 * t * t)))
        }
    }

    /// The best correlation of the middle of `sound` anywhere in `heard`, 0 to 1, by every 31st sample.
    private func likeness(_ sound: [Int16], in heard: [Int16]) -> Double {
        let middle = stride(from: 4_000, to: 12_000, by: 31).map { Float(sound[$0]) }
        let energy = middle.reduce(0) { $0 + $1 * $1 }
        let ears = heard.map(Float.init)
        var best: Float = 0
        ears.withUnsafeBufferPointer { ears in
            middle.withUnsafeBufferPointer { middle in
                var start = 0
                while start + 8_000 < ears.count {
                    var (product, other): (Float, Float) = (0, 1)
                    var (place, index) = (start, 0)
                    while index < middle.count {
                        product += middle[index] * ears[place]
                        other += ears[place] * ears[place]
                        place += 31
                        index += 1
                    }
                    best = max(best, product / (energy * other).squareRoot())
                    start += 1
                }
            }
        }
        return Double(best)
    }

    @Test(
        arguments: [
            ["codec": "pcmu"], ["codec": "pcma", "rtcpMux": true],
            ["codec": "l16", "l16Rate": 16_000],
            ["codec": "opus", "ptimeMs": 40], ["codec": "opus", "payloadType": 96],
        ] as [JSONObject])
    func bothEndsHearEachOther(options: JSONObject) throws {
        let calls = try calls(options)
        let (up, down) = (chirp(from: 250, to: 1_000), chirp(from: 1_100, to: 300))
        // The far end speaks first, and again: the near end answers where the packets come from.
        calls.far.write(up)
        let first = calls.near.read(samples: Self.rate)
        calls.far.write(up + up)
        calls.near.write(down + down)
        let ear = calls.far.readAside(samples: 3 * Self.rate)
        let heardNear = first + calls.near.read(samples: 2 * Self.rate)
        #expect(likeness(up, in: heardNear) > 0.9)
        #expect(likeness(down, in: ear.wait()) > 0.9)
    }

    @Test func keysAreHeardOnceEach() throws {
        let calls = try calls(["codec": "pcma"])
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
        let calls = try calls(["codec": "pcmu"])
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
        let daemon = try daemon()
        let client = try daemon.client()
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
        let calls = try calls(["codec": "pcmu", "rtcpMux": true])
        let sound = chirp(from: 250, to: 1_000)
        calls.far.write(sound)
        _ = calls.near.read(samples: Self.rate)
        let port = try #require(UInt16(calls.address.split(separator: ":")[1]))
        let stranger = Stranger(port: port)
        for count in 0..<3_000 {
            var bytes = (0..<(count % 200)).map { _ in UInt8.random(in: 0...255) }
            // Every second one looks like RTP, some like RTCP.
            if count % 2 == 0, bytes.count > 2 {
                bytes[0] = 0x80
                bytes[1] = count % 8 == 0 ? 200 : 0
            }
            stranger.send(bytes)
        }
        calls.far.write(sound + sound)
        let heard = calls.near.read(samples: 2 * Self.rate)
        #expect(likeness(sound, in: heard) > 0.9)
        // A second later the figures say what came.
        try calls.daemon.until("the garbage is counted") {
            let answer = try calls.client.call("sessions.get", ["session": "near"])
            let inbound = answer["peerStatistics"]?["inboundRtp"]
            return (inbound?["packetsMalformed"]?.integerValue ?? 0) > 100
                && (inbound?["packetsOfStrangers"]?.integerValue ?? 0) > 100
        }
    }

    /// Sends to a port of this machine without being asked.
    private struct Stranger {
        private let fd = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        private var address = sockaddr_in()

        init(port: UInt16) {
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        }

        func send(_ bytes: [UInt8]) {
            var address = address
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = sendto(
                        fd, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }
}
