import Testing

@testable import Systemd

@Suite struct ProgressWatchTests {
    private typealias Answer = ProgressWatch.Answer
    private var watch = ProgressWatch(patienceNs: 10)

    @Test mutating func whatMovesIsAlive() {
        for step: UInt64 in 0..<100 {
            let verdict = watch.judge(
                [Answer("engine", progress: step, hasWork: true)], nowNs: step * 10)
            #expect(verdict == .alive)
        }
    }

    @Test mutating func whatHasWorkAndStandsStillIsStuckAfterThePatience() {
        let engine = Answer("engine", progress: 5, hasWork: true)
        let capture = Answer("capture", progress: 1, hasWork: true)
        #expect(watch.judge([engine, capture], nowNs: 100) == .alive)
        #expect(watch.judge([engine, capture], nowNs: 109) == .alive)
        #expect(watch.judge([engine, capture], nowNs: 110) == .stuck(["capture", "engine"]))
        let moved = Answer("engine", progress: 6, hasWork: true)
        #expect(watch.judge([moved, capture], nowNs: 111) == .stuck(["capture"]))
    }

    @Test mutating func whoHasNoWorkMayStandStill() {
        let idle = Answer("engine", progress: 5, hasWork: false)
        for step: UInt64 in 0..<10 { #expect(watch.judge([idle], nowNs: step * 10) == .alive) }
        // Work comes: its time counts from then on.
        let busy = Answer("engine", progress: 5, hasWork: true)
        #expect(watch.judge([busy], nowNs: 91) == .alive)
        #expect(watch.judge([busy], nowNs: 100) == .alive)
        #expect(watch.judge([busy], nowNs: 101) == .stuck(["engine"]))
    }

    @Test mutating func whatWentAwayIsForgotten() {
        let host = Answer("host", progress: 1, hasWork: true)
        #expect(watch.judge([host], nowNs: 0) == .alive)
        #expect(watch.judge([], nowNs: 50) == .alive)
        #expect(watch.judge([host], nowNs: 60) == .alive)
    }
}
