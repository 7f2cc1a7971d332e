import Testing

@testable import WebRTC

@Suite struct PacerTests {
    private static let ms: UInt64 = 1_000_000

    @Test func framesInRealTimePassAtOnce() {
        var pacer = Pacer(rateHz: 48_000)
        for number in 0..<1_000 as Range<UInt64> {
            // Ticks of 5 ms, some early and some late.
            let nowNs = (1_000 + number * 20 + number % 3 * 5) * Self.ms
            let due = pacer.due(timestamp: number * 960, nowNs: nowNs)
            #expect(due == nowNs)
        }
    }

    @Test func aBurstLeavesAtThePaceOfSound() {
        var pacer = Pacer(rateHz: 8_000)
        let dues = (0..<10 as Range<UInt64>).map {
            pacer.due(timestamp: $0 * 160, nowNs: 1_000 * Self.ms) / Self.ms
        }
        #expect(dues[0] == 1_000)
        #expect(dues[1] == 1_000, "one frame ahead is no burst")
        for (before, after) in zip(dues.dropFirst(), dues.dropFirst(2)) {
            #expect((18...20).contains(after - before))
        }
        #expect((1_150...1_160).contains(dues[9]))
    }

    @Test func aPauseIsNoDebt() {
        var pacer = Pacer(rateHz: 8_000)
        _ = pacer.due(timestamp: 0, nowNs: 0)
        let late = pacer.due(timestamp: 160, nowNs: 500 * Self.ms)
        #expect(late == 500 * Self.ms)
        // What follows is in step with the late one.
        let next = pacer.due(timestamp: 320, nowNs: 501 * Self.ms)
        #expect(next == 501 * Self.ms)
        let third = pacer.due(timestamp: 480, nowNs: 501 * Self.ms)
        #expect(third > 515 * Self.ms)
    }

    @Test func aFasterClockNeverPilesUp() {
        var pacer = Pacer(rateHz: 48_000)
        // 300 ppm fast, for an hour.
        for number in 0..<180_000 as Range<UInt64> {
            let nowNs = number * 20_000_000 / 1_000_000 * 999_700
            let due = pacer.due(timestamp: number * 960, nowNs: nowNs)
            #expect(due == nowNs)
        }
    }

    @Test func aNewClockBeginsAnew() {
        var pacer = Pacer(rateHz: 48_000)
        _ = pacer.due(timestamp: 1_000_000, nowNs: 5)
        let back = pacer.due(timestamp: 0, nowNs: 6)
        #expect(back == 6)
        let ahead = pacer.due(timestamp: UInt64.max / 2, nowNs: 7)
        #expect(ahead == 7)
    }
}
