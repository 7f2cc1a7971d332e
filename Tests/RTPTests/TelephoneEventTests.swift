import Testing

@testable import RTP

@Suite struct TelephoneEventTests {
    private static let ms: UInt64 = 1_000_000

    /// Everything that is sent for some digits, with when.
    private func sent(_ digits: String) -> [(atMs: UInt64, TelephoneEventSender.Packet)] {
        var sender = TelephoneEventSender(rateHz: 8_000)
        let isTaken = sender.enqueue(digits, nowNs: 0)
        #expect(isTaken)
        var packets: [(UInt64, TelephoneEventSender.Packet)] = []
        while let due = sender.nextDueNs {
            while let packet = sender.next(nowNs: due) { packets.append((due / Self.ms, packet)) }
        }
        return packets
    }

    @Test func aKeyGrowsAndEndsThreeTimes() {
        let packets = sent("5")
        #expect(packets.map(\.1.isFirst) == [true] + Array(repeating: false, count: 8))
        #expect(packets.map(\.0) == [0, 20, 40, 60, 80, 100, 120, 140, 160])
        let durations = packets.map { Int($0.1.payload[2]) << 8 | Int($0.1.payload[3]) }
        #expect(durations == [160, 160, 320, 480, 640, 800, 960, 960, 960])
        #expect(packets.map { $0.1.payload[1] >> 7 } == [0, 0, 0, 0, 0, 0, 1, 1, 1])
        #expect(packets.allSatisfy { $0.1.payload[0] == 5 })
    }

    @Test func keysFollowEachOtherAndPausesAreKept() {
        let packets = sent("1#,d")
        let starts = packets.filter(\.1.isFirst)
        #expect(starts.map(\.1.payload[0]) == [1, 11, 15])
        #expect(starts.map(\.0) == [0, 240, 2_480])
    }

    @Test func whatIsNoKeyIsRefusedWhole() {
        var sender = TelephoneEventSender(rateHz: 8_000)
        let isTaken = sender.enqueue("12x", nowNs: 0)
        #expect(!isTaken)
        #expect(sender.nextDueNs == nil)
        let tooMany = sender.enqueue(String(repeating: "1", count: 257), nowNs: 0)
        #expect(!tooMany)
    }

    @Test func eachKeyIsHeardOnceWhateverIsLost() {
        var receiver = TelephoneEventReceiver()
        func hear(_ timestamp: UInt32, _ payload: [UInt8]) -> Character? {
            payload.withUnsafeBytes { receiver.receive(timestamp: timestamp, payload: $0) }
        }
        // The first packets of 5 are lost; its end comes thrice.
        #expect(hear(100, [5, 0x8a, 3, 0xc0]) == "5")
        #expect(hear(100, [5, 0x8a, 3, 0xc0]) == nil)
        // The same key again is another event; a straggler of the first is not.
        #expect(hear(2_000, [5, 0x0a, 0, 160]) == "5")
        #expect(hear(100, [5, 0x8a, 3, 0xc0]) == nil)
        #expect(hear(2_000, [5, 0x0a, 1, 64]) == nil)
        #expect(hear(4_000, [11, 0x0a, 0, 160]) == "#")
        #expect(hear(5_000, [16, 0x0a, 0, 160]) == nil, "flash is no key")
        #expect(hear(6_000, [1, 2, 3]) == nil)
    }
}
