import Testing

@testable import Systemd

@Suite struct LineRateTests {
    private let second: UInt64 = 1_000_000_000

    @Test func aSecondNeverHasMoreLinesThanTheLimit() {
        var rate = LineRate(limit: 20)
        var written = [Int](repeating: 0, count: 12)
        // 10,000 lines over ten seconds, and the summaries where they are due.
        for step in 0..<10_000 {
            let now = UInt64(step) * second / 1_000
            let place = Int(now / second)
            if rate.takeSummary(nowNs: now) != nil { written[place] += 1 }
            switch rate.admit(nowNs: now) {
            case .write: written[place] += 1
            case .writeAfterSummary: written[place] += 2
            case .holdBack: break
            }
        }
        #expect(written.allSatisfy { $0 <= 20 }, "\(written)")
        #expect(written[0] == 19, "quiet until the limit, less the summary")
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
