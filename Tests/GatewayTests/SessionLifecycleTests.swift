import Testing

@testable import Gateway

/// A session's life in virtual time.
@Suite struct SessionLifecycleTests {
    private let broke = SessionLifecycle.Disconnect(retry: .now, code: nil, reason: "broke")
    private let fatal = SessionLifecycle.Disconnect(
        retry: .never, code: "unauthorized", reason: "no")
    private let over = SessionLifecycle.Disconnect(retry: .ended, code: nil, reason: "bye")
    private static let second: UInt64 = 1_000_000_000

    private func lifecycle(
        _ events: [(SessionLifecycle.Event, UInt64)], policy: ReconnectPolicy = ReconnectPolicy()
    ) -> (SessionLifecycle, [SessionLifecycle.Action]) {
        var lifecycle = SessionLifecycle(policy: policy)
        var last: [SessionLifecycle.Action] = []
        for (event, nowNs) in events {
            last = lifecycle.handle(event, nowNs: nowNs, jitter: 0.5)
        }
        return (lifecycle, last)
    }

    @Test func beginsByConnectingAfresh() {
        #expect(
            SessionLifecycle(policy: ReconnectPolicy()).start() == [
                .announce(.connecting, nil), .connect(resume: false, attempt: 1),
            ])
    }

    @Test func aConnectionThatHeldIsTriedAgainAtOnceAndResumes() {
        var (lifecycle, actions) = lifecycle([
            (.connected, 0), (.lost(broke), 60 * Self.second),
        ])
        #expect(lifecycle.state == .reconnecting)
        #expect(
            actions == [
                .flush, .announce(.reconnecting, broke), .retry(atNs: 60 * Self.second),
            ])
        actions = lifecycle.handle(.retryDue, nowNs: 60 * Self.second, jitter: 0)
        #expect(actions == [.connect(resume: true, attempt: 1)])
    }

    /// Killed every two seconds, a host comes back at once each time; one that dies at once does not.
    @Test func aHostThatServedIsReplacedAtOnceHoweverOftenItDies() {
        let died = SessionLifecycle.Disconnect(
            retry: .now, code: "host_died", reason: "it was killed", isHosts: true)
        var lifecycle = SessionLifecycle(policy: ReconnectPolicy())
        var nowNs: UInt64 = 0
        for _ in 1...200 {
            _ = lifecycle.handle(.connected, nowNs: nowNs, jitter: 1)
            nowNs += 2 * Self.second
            let actions = lifecycle.handle(.lost(died), nowNs: nowNs, jitter: 1)
            #expect(actions.last == .retry(atNs: nowNs))
            _ = lifecycle.handle(.retryDue, nowNs: nowNs, jitter: 1)
        }
        _ = lifecycle.handle(.connected, nowNs: nowNs, jitter: 1)
        let actions = lifecycle.handle(.lost(died), nowNs: nowNs + Self.second / 4, jitter: 1)
        #expect(actions.last == .retry(atNs: nowNs + Self.second * 3 / 4))
    }

    @Test func triesThatFailBackOffAndGiveUpWhenToldTo() {
        var policy = ReconnectPolicy()
        policy.maximumAttempts = 3
        var lifecycle = SessionLifecycle(policy: policy)
        var delays: [UInt64] = []
        var now: UInt64 = 0
        while lifecycle.state != .failed, delays.count < 10 {
            for case .retry(let atNs) in lifecycle.handle(.lost(broke), nowNs: now, jitter: 1) {
                delays.append(atNs - now)
                now = atNs
                _ = lifecycle.handle(.retryDue, nowNs: now, jitter: 1)
            }
        }
        #expect(delays == [Self.second / 2, Self.second])
        #expect(lifecycle.state == .failed)
    }

    @Test func aPeerThatSaysLaterIsNotAskedBefore() {
        let later = SessionLifecycle.Disconnect(
            retry: .later(afterMs: 90_000), code: "rate_limited", reason: nil)
        let (_, actions) = lifecycle([(.connected, 0), (.lost(later), 20 * Self.second)])
        #expect(actions.contains(.retry(atNs: 110 * Self.second)))
    }

    @Test(arguments: [true, false])
    func whatIsFatalFailsAndWhatIsOverCloses(_ wasConnected: Bool) {
        let begin: [(SessionLifecycle.Event, UInt64)] = wasConnected ? [(.connected, 0)] : []
        let (failed, failure) = lifecycle(begin + [(.lost(fatal), 1)])
        #expect(failed.state == .failed)
        #expect(failure == [.flush, .release, .announce(.failed, fatal)])
        let (closed, end) = lifecycle(begin + [(.lost(over), 1)])
        #expect(closed.state == .closed)
        #expect(end == [.flush, .release, .announce(.closed, over)])
    }

    @Test func closingAsksThePluginFirstAndEndsOnceFromAnyState() {
        for begin in [[], [(SessionLifecycle.Event.connected, UInt64(0))]] {
            var (lifecycle, actions) = lifecycle(begin + [(.close, 1)])
            #expect(actions == [.announce(.disconnecting, nil), .flush, .disconnect])
            actions = lifecycle.handle(.close, nowNs: 2, jitter: 0)
            #expect(actions.isEmpty)
            actions = lifecycle.handle(.released, nowNs: 3, jitter: 0)
            #expect(actions == [.release, .announce(.closed, nil)])
            actions = lifecycle.handle(.lost(broke), nowNs: 4, jitter: 0)
            #expect(actions.isEmpty)
            actions = lifecycle.handle(.retryDue, nowNs: 5, jitter: 0)
            #expect(actions.isEmpty)
        }
        let (failed, actions) = lifecycle([(.lost(fatal), 0), (.close, 1)])
        #expect(failed.state == .closed)
        #expect(actions == [.release, .announce(.closed, fatal)])
    }

    @Test func withoutReconnectTheFirstBreakIsTheEnd() {
        var policy = ReconnectPolicy()
        policy.isEnabled = false
        let (lifecycle, _) = lifecycle([(.connected, 0), (.lost(broke), 1)], policy: policy)
        #expect(lifecycle.state == .failed)
    }

    @Test func delaysGrowToTheirLimitAndJitterStaysInTheUpperHalf() {
        let policy = ReconnectPolicy()
        #expect(policy.delayNs(attempt: 1, jitter: 1) == 0)
        #expect(policy.delayNs(attempt: 2, jitter: 0) == Self.second / 4)
        #expect(policy.delayNs(attempt: 2, jitter: 1) == Self.second / 2)
        #expect(policy.delayNs(attempt: 40, jitter: 1) == policy.maximumNs)
        #expect(policy.delayNs(attempt: 40, jitter: 0) == policy.maximumNs / 2)
    }
}
