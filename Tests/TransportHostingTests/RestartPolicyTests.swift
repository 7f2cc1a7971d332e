import Testing

@testable import TransportHosting

@Suite struct RestartPolicyTests {
    private let second: UInt64 = 1_000_000_000

    @Test func aHostThatServedASecondIsStartedAtOnce() {
        var policy = RestartPolicy()
        policy.hostDied(servedNs: second, nowNs: 10 * second)
        #expect(policy.permission(nowNs: 10 * second) == .now)
    }

    @Test func earlyDeathsBackOffAndTheFifthInAMinuteIsTheLast() {
        var policy = RestartPolicy()
        var nowNs = 100 * second
        for delayMs in [100, 200, 400, 800] as [UInt64] {
            policy.hostDied(servedNs: delayMs == 100 ? nil : second - 1, nowNs: nowNs)
            let thenNs = nowNs + delayMs * 1_000_000
            #expect(policy.permission(nowNs: thenNs - 1) == .notBefore(ns: thenNs))
            #expect(policy.permission(nowNs: thenNs) == .now)
            nowNs = thenNs
        }
        policy.hostDied(servedNs: nil, nowNs: nowNs)
        #expect(policy.permission(nowNs: nowNs + 1000 * second) == .failed)
    }

    @Test func thePauseGrowsToFiveSeconds() {
        var policy = RestartPolicy()
        var nowNs: UInt64 = 0
        for _ in 0..<20 {
            nowNs += 30 * second
            policy.hostDied(servedNs: 0, nowNs: nowNs)
        }
        #expect(policy.permission(nowNs: nowNs) == .notBefore(ns: nowNs + 5 * second))
    }

    @Test func aGoodRunEndsThePause() {
        var policy = RestartPolicy()
        for nowNs in [1, 2, 3] as [UInt64] { policy.hostDied(servedNs: 0, nowNs: nowNs) }
        policy.hostDied(servedNs: 5 * second, nowNs: 10 * second)
        #expect(policy.permission(nowNs: 10 * second) == .now)
        policy.hostDied(servedNs: 0, nowNs: 11 * second)
        #expect(
            policy.permission(nowNs: 11 * second) == .notBefore(ns: 11 * second + 100_000_000))
    }
}
