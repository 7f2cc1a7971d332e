import Testing

@testable import Systemd

@Suite struct LineRateTests {
    private let second: UInt64 = 1_000_000_000

    /// A small generator with a seed, so that a failure can be repeated.
    fileprivate struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    /// How lines come: each answers the time to the next, in nanoseconds.
    enum Timing: String, CaseIterable, Sendable {
        case flood, trickle, bursts, edges, random

        fileprivate func pauseNs(_ line: Int, _ dice: inout Dice) -> UInt64 {
            switch self {
            case .flood: 1_000_000
            // Just faster than allowed.
            case .trickle: 83_000_000
            // So many that a fixed window would hold two lots of them, at its end and after it.
            case .bursts: line.isMultiple(of: 40) ? 1_000_000_000 - 1 : 10
            // All at the very end of a second, and at once after it.
            case .edges:
                line.isMultiple(of: 20) ? (line.isMultiple(of: 40) ? 990_000_000 : 10_000_001) : 0
            case .random: dice.next() >> UInt64.random(in: 33...63, using: &dice)
            }
        }
    }

    @Test(arguments: Timing.allCases, [2, 3, 8, 12, 20])
    func noSecondHasMoreLinesThanTheLimit(_ timing: Timing, limit: Int) {
        for seed: UInt64 in 0..<20 {
            var dice = Dice(state: seed)
            var rate = LineRate(limit: limit)
            var written: [UInt64] = []
            var now: UInt64 = 0
            var heldBack = 0
            var reported = 0
            for line in 0..<2_000 {
                // The timer of the summary may come at its time, late, or not before the next line.
                if let due = rate.summaryDueNs, due <= now, Bool.random(using: &dice) {
                    let late = UInt64.random(in: due...now, using: &dice)
                    reported += rate.takeSummary(nowNs: late) ?? 0
                    written.append(late)
                }
                switch rate.admit(nowNs: now) {
                case .write: written.append(now)
                case .writeAfterSummary(let count):
                    reported += count
                    written += [now, now]
                case .holdBack: heldBack += 1
                }
                now += timing.pauseNs(line, &dice)
            }
            // Every second that begins with a line; no other can hold more.
            for first in written.indices.dropLast(limit) {
                #expect(
                    written[first + limit] - written[first] >= second,
                    "\(limit + 1) lines from \(written[first]), seed \(seed)")
            }
            #expect(reported + rate.heldBack == heldBack, "each is counted once")
            #expect(written.count >= limit)
        }
    }

    @Test func aFloodGetsHalfOfTheLinesAtOnceAndNotOneForOne() {
        var rate = LineRate(limit: 12)
        var verdicts: [LineRate.Verdict] = []
        for line in 0..<3_000 as Range<UInt64> {
            verdicts.append(rate.admit(nowNs: line * 1_000_000))
        }
        let summaries = verdicts.count {
            if case .writeAfterSummary = $0 { true } else { false }
        }
        #expect(verdicts.count { $0 == .write } >= 2 * summaries)
        #expect(verdicts.prefix(11).allSatisfy { $0 == .write }, "quiet until the limit")
        #expect(verdicts[11] == .holdBack)
    }

    @Test func whatWasHeldBackIsCountedOnce() {
        var rate = LineRate(limit: 3)
        #expect((0..<10).map { rate.admit(nowNs: $0) }.filter { $0 == .write }.count == 2)
        #expect(rate.summaryDueNs == second)
        #expect(rate.takeSummary(nowNs: second - 1) == nil)
        #expect(rate.takeSummary(nowNs: second) == 8)
        #expect(rate.takeSummary(nowNs: second * 2) == nil)
        #expect(rate.summaryDueNs == nil)
    }

    @Test func theNextLineBringsTheSummaryWhenNoTimerDid() {
        var rate = LineRate(limit: 2)
        #expect(rate.admit(nowNs: 0) == .write)
        #expect(rate.admit(nowNs: 1) == .holdBack)
        #expect(rate.admit(nowNs: second * 5) == .writeAfterSummary(heldBack: 1))
        #expect(rate.admit(nowNs: second * 7) == .write)
    }
}
