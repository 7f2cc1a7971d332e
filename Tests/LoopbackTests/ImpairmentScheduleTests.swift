import Testing

@testable import Loopback

@Suite struct ImpairmentScheduleTests {
    private static let frameNs: UInt64 = 20_000_000

    private func run(
        _ settings: ImpairmentSchedule.Settings, seed: UInt64, frames: Int = 2000
    ) -> [ImpairmentSchedule.Arrivals] {
        var schedule = ImpairmentSchedule(settings, seed: seed)
        return (0..<frames).map {
            schedule.arrivals(sentNs: UInt64($0) * Self.frameNs, durationNs: Self.frameNs)
        }
    }

    private let bad = ImpairmentSchedule.Settings(
        delayNs: 50_000_000, jitterNs: 30_000_000, lossPercent: 10, duplicatePercent: 5,
        reorderPercent: 7)

    @Test func `the same seed gives the same run, another seed another`() {
        #expect(run(bad, seed: 1) == run(bad, seed: 1))
        #expect(run(bad, seed: 1) != run(bad, seed: 2))
    }

    @Test func `a clean network delivers everything at once`() {
        let arrivals = run(.init(), seed: 1, frames: 100)
        for (index, arrival) in arrivals.enumerated() {
            #expect(arrival == .init(firstNs: UInt64(index) * Self.frameNs, secondNs: nil))
        }
    }

    @Test func `percentages hold over many frames`() {
        let arrivals = run(bad, seed: 3, frames: 20_000)
        let lost = arrivals.filter { $0.firstNs == nil }.count
        #expect((1800...2200).contains(lost))
        let twice = arrivals.filter { $0.secondNs != nil }.count
        #expect((800...1000).contains(twice))
    }

    @Test func `delay and jitter keep the order and stay in their range`() {
        let settings = ImpairmentSchedule.Settings(delayNs: 50_000_000, jitterNs: 60_000_000)
        let arrivals = run(settings, seed: 4)
        var last: UInt64 = 0
        for (index, arrival) in arrivals.enumerated() {
            let firstNs = arrival.firstNs ?? 0
            #expect(firstNs >= last)
            let lateNs = firstNs - UInt64(index) * Self.frameNs
            #expect((50_000_000...110_000_000).contains(lateNs))
            last = firstNs
        }
    }

    @Test func `a reordered frame comes after the one behind it`() {
        var settings = ImpairmentSchedule.Settings()
        settings.reorderPercent = 10
        let arrivals = run(settings, seed: 5)
        let overtaken = zip(arrivals, arrivals.dropFirst()).filter {
            ($0.firstNs ?? 0) > ($1.firstNs ?? 0)
        }
        #expect((140...220).contains(overtaken.count))
    }

    @Test func `all lost is all lost`() {
        #expect(run(.init(lossPercent: 100), seed: 1).allSatisfy { $0.firstNs == nil })
    }
}

@Suite struct PeerClockTests {
    private static let frameNs: UInt64 = 20_000_000

    private func sent(ppm: Double, frames: Int) -> (count: Int, worstDelayNs: UInt64) {
        var clock = PeerClock(driftPpm: ppm)
        var count = 0
        var worst: UInt64 = 0
        for _ in 0..<frames {
            let departures = clock.frame(durationNs: Self.frameNs)
            for delay in [departures.firstDelayNs, departures.secondDelayNs] {
                guard let delay else { continue }
                count += 1
                worst = max(worst, delay)
            }
        }
        return (count, worst)
    }

    @Test(arguments: [0.0, 1, 100, 1000, -100, -1000, 50_000, -50_000])
    func `a peer sends as many frames as its own clock counts`(ppm: Double) {
        let frames = 100_000
        let result = sent(ppm: ppm, frames: frames)
        let expected = Double(frames) * (1 + ppm / 1_000_000)
        #expect(abs(Double(result.count) - expected) <= 2)
        #expect(result.worstDelayNs <= Self.frameNs)
    }

    @Test func `without drift nothing waits`() {
        #expect(sent(ppm: 0, frames: 100) == (100, 0))
    }
}
