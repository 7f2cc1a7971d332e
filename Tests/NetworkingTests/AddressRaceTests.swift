import Networking
import Testing

/// RFC 8305 by virtual time.
@Suite struct AddressRaceTests {
    private let ms: UInt64 = 1_000_000

    @Test func theNextAddressIsTriedAfterAQuarterOfASecond() {
        var race = AddressRace(count: 3)
        var steps = [race.advance(nowNs: 0), race.advance(nowNs: 249 * ms)]
        #expect(steps == [.attempt(0), nil])
        #expect(race.nextDueNs == 250 * ms)
        steps = [race.advance(nowNs: 250 * ms), race.advance(nowNs: 250 * ms)]
        #expect(steps == [.attempt(1), nil])
        steps = [race.advance(nowNs: 500 * ms), race.advance(nowNs: 501 * ms)]
        #expect(steps == [.attempt(2), nil])
        #expect(race.nextDueNs == nil)
    }

    @Test func aFailureLetsTheNextOneStartAtOnce() {
        var race = AddressRace(count: 2)
        _ = race.advance(nowNs: 0)
        race.failed(0, "refused", nowNs: 3 * ms)
        let second = race.advance(nowNs: 3 * ms)
        #expect(second == .attempt(1))
        race.failed(1, "unreachable", nowNs: 4 * ms)
        let end = race.advance(nowNs: 4 * ms)
        #expect(end == .failed("unreachable"))
    }

    @Test func itHasNotFailedWhileAnAttemptRuns() {
        var race = AddressRace(count: 2)
        _ = race.advance(nowNs: 0)
        _ = race.advance(nowNs: 250 * ms)
        race.failed(1, "refused", nowNs: 260 * ms)
        let step = race.advance(nowNs: 9_000 * ms)
        #expect(step == nil)
    }

    @Test func noAddressIsAFailure() {
        var race = AddressRace(count: 0)
        let step = race.advance(nowNs: 0)
        #expect(step == .failed("the name has no address"))
    }

    @Test func familiesTakeTurns() throws {
        let addresses = try ["::1", "::2", "::3", "10.0.0.1"].map {
            try #require(SocketAddress($0, port: 1))
        }
        let order = AddressRace.interleaved(addresses).map(\.description)
        #expect(order == ["[::1]:1", "10.0.0.1:1", "[::2]:1", "[::3]:1"])
    }
}

@Suite struct KeepAliveTests {
    @Test func asksAfterQuietAndGivesUpWithoutAnAnswer() {
        var watch = KeepAlive(quietNs: 10, answerNs: 5, nowNs: 0)
        watch.heard(nowNs: 4)
        let steps = [watch.advance(nowNs: 13), watch.advance(nowNs: 14), watch.advance(nowNs: 18)]
        #expect(steps == [nil, .ping, nil])
        let end = watch.advance(nowNs: 19)
        #expect(end == .dead)
    }

    @Test func anyByteIsAnAnswer() {
        var watch = KeepAlive(quietNs: 10, answerNs: 5, nowNs: 0)
        _ = watch.advance(nowNs: 10)
        watch.heard(nowNs: 12)
        let step = watch.advance(nowNs: 16)
        #expect(step == nil)
        #expect(watch.nextDueNs == 22)
    }
}
