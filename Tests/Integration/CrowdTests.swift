import Control
import Foundation
import JSON
import Testing

/// Many clients at once, some of them ill-mannered, beside a session whose sound must not suffer.
@Suite(.serialized) struct CrowdTests {
    @Test func sixtyFourClientsDoNotDisturbTheSound() throws {
        let daemon = try DaemonUnderTest(
            config: "[control]\nclients = 80\nclientsPerUser = 80\nslowReaderTime = \"1s\"")
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "name": "line", "wait": true,
                "local": ["kind": "stream", "rate": 24_000], "options": ["packets": true],
            ])
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        // Five seconds of noise, which is like itself at one delay only.
        let noise = self.noise(count: 120_000)
        program.write(noise)
        let reading = program.readAside(samples: 108_000)

        // One who reads nothing of what it asked for, one who dribbles, and ever new ones who die.
        let deaf = try daemon.client()
        _ = try deaf.call("events.subscribe")
        let slow = try daemon.client()
        let request = Array(#"{"jsonrpc":"2.0","id":7,"method":"gateway.info"}"#.utf8 + [10])
        var crowd: [ControlClient] = []
        for _ in 0..<61 { crowd.append(try daemon.client()) }
        let began = ContinuousClock.now
        var answers = 0
        var sent = 0
        while ContinuousClock.now - began < .seconds(4) {
            for member in crowd {
                #expect(try member.call("gateway.info")["product"] == "parley")
                answers += 1
            }
            if sent < request.count {
                for byte in request[sent..<min(sent + 10, request.count)] {
                    try slow.sendRaw([byte])
                }
                sent = min(sent + 10, request.count)
            }
            let dying = try daemon.client()
            try dying.sendRaw(Array(request.prefix(20)))
            for number in 0..<20 {
                _ = try client.call(
                    "session.sendEvent",
                    [
                        "session": "line",
                        "event": ["type": "x", "n": .integer(Int64(number)), "pad": pad],
                    ])
            }
            // Requests are limited to a pace of 100 a second each.
            usleep(150_000)
        }
        #expect(answers > 300, "\(answers) answers in 4 s")
        #expect(sent == request.count)
        #expect(try slow.receive(deadlineNs: nil)["id"] == 7)
        #expect {
            while true { _ = try deaf.nextEvent(timeout: .seconds(30)) }
        } throws: { error in
            if case .connectionLost = error as? ControlClientError { true } else { false }
        }

        let heard = reading.wait()
        #expect(heard.count == 108_000)
        let delay = try #require(place(of: Array(noise[2_400..<4_800]), in: heard))
        // Every 100 ms of four seconds is there, at the place where it belongs.
        for start in stride(from: 2_400, to: 84_000, by: 2_400)
        where start + delay + 2_400 < heard.count {
            let likeness = correlation(
                noise[start..<(start + 2_400)],
                heard[(start + delay)..<(start + delay + 2_400)])
            #expect(likeness > 0.9, "at \(start) samples")
        }
        let session = try client.call("sessions.get", ["session": "line"])
        #expect(session["statistics"]?["framesDropped"] == 0)
        #expect(session["statistics"]?["packetsLost"] == 0)
    }

    private var pad: JSONValue { .string(String(repeating: "x", count: 4_000)) }

    private func noise(count: Int) -> [Int16] {
        var state: UInt64 = 88_172_645_463_325_252
        var last = 0.0
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            // Smoothed, so that a resampler has nothing to cut off.
            last = 0.7 * last + 0.3 * (Double(state >> 40) / Double(1 << 23) - 1)
            return Int16(20_000 * last)
        }
    }

    /// How much later than in the original `part`, which begins at sample 2400, comes in `heard`.
    private func place(of part: [Int16], in heard: [Int16]) -> Int? {
        var best = (place: 0, value: Int.min)
        for place in 0..<min(12_000, heard.count - 200) {
            let value = product(part, heard, place)
            if value > best.value { best = (place, value) }
        }
        return best.value > 0 ? best.place - 2_400 : nil
    }

    private func product(_ part: [Int16], _ heard: [Int16], _ start: Int) -> Int {
        var sum = 0
        for index in 0..<200 { sum += Int(part[index]) * Int(heard[start + index]) }
        return sum
    }

    private func correlation(_ a: ArraySlice<Int16>, _ b: ArraySlice<Int16>) -> Double {
        var (ab, aa, bb) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            ab += Double(x) * Double(y)
            aa += Double(x) * Double(x)
            bb += Double(y) * Double(y)
        }
        return ab / max((aa * bb).squareRoot(), 1)
    }
}
