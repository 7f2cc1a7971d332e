import Control
import Foundation
import JSON
import Testing

/// Plain RTP packet by packet, with a telephone that does what telephones do.
@Suite(.serialized) struct RTPTelephoneTests {
    /// Speaks PCMU in packets of 20 ms.
    private struct Telephone {
        let port: DatagramPeer
        let gateway: String
        var ssrc: UInt32 = 0x0102_0304
        var sequence: UInt16 = 1
        var timestamp: UInt32 = 1

        func packet(_ type: UInt8, _ payload: [UInt8], marker: Bool = false) -> [UInt8] {
            var bytes: [UInt8] = [0x80, (marker ? 0x80 : 0) | type]
            for shift in [8, 0] { bytes.append(UInt8(truncatingIfNeeded: sequence >> shift)) }
            for word in [timestamp, ssrc] {
                for shift in [24, 16, 8, 0] {
                    bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift)))
                }
            }
            return bytes + payload
        }

        /// Says one packet, as the clock of an 8 kHz line goes on.
        mutating func say(_ samples: ArraySlice<Int16>) {
            port.send(packet(0, samples.map(Self.muLaw)), to: gateway)
            sequence &+= 1
            timestamp &+= 160
        }

        /// Each 20 ms of it when it is time.
        mutating func speak(_ sound: [Int16]) {
            let eight = stride(from: 0, to: sound.count, by: 2).map { sound[$0] }
            var due = DispatchTime.now().uptimeNanoseconds
            for start in stride(from: 0, to: eight.count - 159, by: 160) {
                let nowNs = DispatchTime.now().uptimeNanoseconds
                if due > nowNs { usleep(UInt32((due - nowNs) / 1_000)) }
                due += 20_000_000
                say(eight[start..<(start + 160)])
            }
        }

        /// G.711, by the logarithm instead of a table.
        private static func muLaw(_ sample: Int16) -> UInt8 {
            let magnitude = min(Int(abs(Int32(sample))), 32_635) + 132
            let exponent = max(0, Int.bitWidth - 1 - magnitude.leadingZeroBitCount - 7)
            let mantissa = (magnitude >> (exponent + 3)) & 15
            return ~UInt8((sample < 0 ? 0x80 : 0) | exponent << 4 | mantissa)
        }
    }

    private static var rate: Int { RTPSessions.rate }

    private struct Line {
        let sessions: RTPSessions
        let program: AudioProgram
        var telephone: Telephone
    }

    private func line(_ more: JSONObject = [:]) throws -> Line {
        let sessions = try RTPSessions()
        let port = try DatagramPeer()
        var options = more
        options["codec"] = "pcmu"
        options["rtcpMux"] = true
        options["remoteAddress"] = .string(port.address)
        let address = try sessions.create("near", options)
        return Line(
            sessions: sessions, program: try sessions.program("near"),
            telephone: Telephone(port: port, gateway: address))
    }

    @Test func soundGoesOnWhereNumbersWrap() throws {
        var line = try line()
        line.telephone.sequence = 65_500
        line.telephone.timestamp = UInt32.max - 160 * 40
        let sound = Chirp.samples(from: 250, to: 1_000)
        let reading = line.program.readAside(samples: 3 * Self.rate)
        line.telephone.speak(sound + sound + sound)
        // The second chirp has both wraps in it.
        let heard = reading.wait()
        #expect(Chirp.likeness(sound, in: Array(heard[(Self.rate / 2)...])) > 0.9)
        try line.sessions.daemon.until("all is counted, and nothing as lost") {
            let inbound = try line.sessions.statistics("near")?["inboundRtp"]
            return inbound?["packetsReceived"]?.integerValue == 150
                && inbound?["packetsLost"]?.integerValue == 0
        }
    }

    @Test func aTelephoneThatStartsAgainIsHeard() throws {
        var line = try line()
        let (first, second) = (
            Chirp.samples(from: 250, to: 1_000), Chirp.samples(from: 1_100, to: 300)
        )
        let reading = line.program.readAside(samples: 4 * Self.rate)
        line.telephone.speak(first + first)
        line.telephone.ssrc = 0xdddd_0001
        line.telephone.sequence = 40_000
        line.telephone.timestamp = 3_000_000_000
        line.telephone.speak(second + second)
        let heard = reading.wait()
        #expect(Chirp.likeness(first, in: heard) > 0.9)
        #expect(Chirp.likeness(second, in: heard) > 0.9)
        try line.sessions.daemon.until("the change is counted") {
            let inbound = try line.sessions.statistics("near")?["inboundRtp"]
            return inbound?["sourceChanges"]?.integerValue == 1
                && inbound?["ssrc"]?.integerValue == 0xdddd_0001
        }
    }

    /// Bridges do it when they join other parties: the source stays, its numbers jump.
    @Test(arguments: [(true, true), (true, false), (false, true)])
    func aSourceWhoseNumbersJumpIsHeardOn(sequences: Bool, timestamps: Bool) throws {
        for back in [false, true] {
            var line = try line()
            line.telephone.sequence = 30_000
            line.telephone.timestamp = 2_000_000_000
            let (first, second) = (
                Chirp.samples(from: 250, to: 1_000), Chirp.samples(from: 1_100, to: 300)
            )
            let reading = line.program.readAside(samples: 4 * Self.rate)
            line.telephone.speak(first + first)
            if sequences { line.telephone.sequence &+= back ? 0 &- 20_000 : 20_000 }
            if timestamps { line.telephone.timestamp &+= back ? 0 &- 900_000_000 : 900_000_000 }
            line.telephone.speak(second + second)
            let heard = reading.wait()
            #expect(Chirp.likeness(first, in: heard) > 0.9)
            #expect(Chirp.likeness(second, in: heard) > 0.9, "back: \(back)")
            let inbound = try line.sessions.statistics("near")?["inboundRtp"]
            #expect(inbound?["packetsLost"]?.integerValue ?? 0 < 20, "back: \(back)")
        }
    }

    @Test func keysOfATelephoneAreHeardOnceEachThoughPacketsAreLost() throws {
        var line = try line()
        line.telephone.speak([Int16](repeating: 0, count: Self.rate / 5))
        let keys: [(key: UInt8, lost: Set<Int>)] = [
            (5, []), (5, [0, 1]), (11, [6, 7, 8]), (10, [0, 1, 2, 3, 4, 5, 6, 7]), (0, []),
        ]
        for (code, lost) in keys {
            // Six packets of growing duration, the end three times.
            for number in 0..<9 {
                let duration = UInt16(160 * min(number + 1, 7))
                let payload: [UInt8] = [
                    code, (number > 5 ? 0x80 : 0) | 10, UInt8(duration >> 8),
                    UInt8(duration & 0xff),
                ]
                if !lost.contains(number) {
                    line.telephone.port.send(
                        line.telephone.packet(101, payload, marker: number == 0),
                        to: line.telephone.gateway)
                }
                line.telephone.sequence &+= 1
            }
            line.telephone.timestamp &+= 160 * 10
        }
        var digits = ""
        while digits.count < keys.count {
            let event = try DaemonUnderTest.event("dtmf", from: line.sessions.client)
            digits += event["data"]?["digits"]?.stringValue ?? ""
        }
        #expect(digits == "55#*0")
    }

    @Test func ourKeysAreAsTheStandardSays() throws {
        let line = try line()
        line.program.write([Int16](repeating: 0, count: 2 * Self.rate))
        _ = try #require(line.telephone.port.receive())
        _ = try line.sessions.client.call(
            "session.sendDtmf", ["session": "near", "digits": "7#"])
        var events: [[UInt8]] = []
        while events.filter({ $0[13] & 0x80 != 0 }).count < 6 {
            let packet = try #require(line.telephone.port.receive())
            if packet[1] & 0x7f == 101 { events.append(packet) }
        }
        for code in [7, 11] as [UInt8] {
            let own = events.filter { $0[12] == code }
            #expect(own.first.map { $0[1] & 0x80 != 0 } == true, "the first has the marker")
            #expect(own.dropFirst().allSatisfy { $0[1] & 0x80 == 0 })
            #expect(Set(own.map { Array($0[4..<8]) }).count == 1, "one timestamp")
            let durations = own.map { UInt16($0[14]) << 8 | UInt16($0[15]) }
            #expect(durations == durations.sorted())
            #expect(durations.suffix(3).allSatisfy { $0 == 960 }, "120 ms, said three times")
            #expect(own.map { $0[13] & 0x80 != 0 }.suffix(4) == [false, true, true, true])
        }
    }

    @Test func aGoodbyeEndsTheSession() throws {
        var line = try line()
        line.telephone.speak([Int16](repeating: 0, count: Self.rate / 10))
        let source: [UInt8] = [1, 2, 3, 4]
        line.telephone.port.send(
            [0x80, 201, 0, 1] + source + [0x81, 203, 0, 1] + source, to: line.telephone.gateway)
        let closed = try DaemonUnderTest.event("session_closed", from: line.sessions.client)
        #expect(closed["data"]?["reason"]?.stringValue?.contains("goodbye") == true)
    }

    @Test func aTelephoneThatFallsSilentHasGone() throws {
        var line = try line(["quietLimitS": 0.5])
        line.telephone.speak([Int16](repeating: 0, count: Self.rate / 10))
        let closed = try DaemonUnderTest.event("session_closed", from: line.sessions.client)
        #expect(closed["data"]?["reason"]?.stringValue?.contains("nothing came") == true)
    }

    @Test func aGoodbyeOfAnotherSourceIsLeftAlone() throws {
        var line = try line()
        line.telephone.speak([Int16](repeating: 0, count: Self.rate / 10))
        // What a call before may have left on its way.
        let stranger = try DatagramPeer()
        stranger.send(
            [0x80, 201, 0, 1, 9, 9, 9, 9, 0x81, 203, 0, 1, 9, 9, 9, 9],
            to: line.telephone.gateway)
        try line.sessions.daemon.until("the call goes on") {
            line.telephone.speak([Int16](repeating: 0, count: Self.rate / 10))
            return try line.sessions.statistics("near")?["inboundRtp"]?["packetsReceived"]?
                .integerValue ?? 0 > 10
        }
    }
}
