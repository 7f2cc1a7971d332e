import Testing

@testable import TransportHosting

@Suite struct LivenessTests {
    private let second: UInt64 = 1_000_000_000

    @Test func anIdleHostIsNotPinged() {
        var watch = LivenessWatch()
        #expect(watch.hangsAtNs == nil)
        let ping = watch.workSent(nowNs: 0)
        #expect(ping == 1)
        #expect(watch.pong(1, nowNs: 5) == nil)
        #expect(watch.hangsAtNs == nil)
    }

    @Test func workDuringAPingCausesTheNextOne() {
        var watch = LivenessWatch()
        _ = watch.workSent(nowNs: 0)
        #expect(watch.workSent(nowNs: second) == nil)
        #expect(watch.hangsAtNs == 2 * second)
        #expect(watch.pong(1, nowNs: second) == 2)
        #expect(watch.hangsAtNs == 3 * second)
    }

    @Test func aForeignAnswerCountsForNothing() {
        var watch = LivenessWatch()
        #expect(watch.pong(7, nowNs: 0) == nil)
        _ = watch.workSent(nowNs: 0)
        #expect(watch.pong(7, nowNs: 1) == nil)
        #expect(watch.hangsAtNs == 2 * second)
    }

    @Test func aHostThatIsMadeToWaitHasTenSecondsAtMost() {
        var watch = LivenessWatch()
        watch.excuse(untilNs: second)
        #expect(watch.hangsAtNs == nil)
        _ = watch.workSent(nowNs: 0)
        watch.excuse(untilNs: second)
        #expect(watch.hangsAtNs == 3 * second)
        watch.excuse(untilNs: 9 * second)
        #expect(watch.hangsAtNs == 10 * second)
    }

    @Test func aFloodIsPausedAndATalkIsNot() {
        var calm = FlowLimit(nowNs: 0)
        for message in 1...60000 as ClosedRange<UInt64> {
            #expect(calm.take(bytes: 500, nowNs: message * 1_000_000) == 0)
        }
        var flood = FlowLimit(nowNs: 0)
        let paused = (1...12000).first { _ in flood.take(bytes: 500, nowNs: 1) > 0 }
        #expect(paused == 10001)
        var bulk = FlowLimit(nowNs: 0)
        let full = (1...12000).first { _ in bulk.take(bytes: 65536, nowNs: 1) > 0 }
        #expect(full == 589)
    }
}
