import Testing

@testable import PulseAudio

private let ms: UInt64 = 1_000_000
private let second: UInt64 = 1_000_000_000

/// A value in a box, so that expectations may change it.
@dynamicMemberLookup
private final class Box<Value> {
    var value: Value
    init(_ value: Value) { self.value = value }
    subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member { value[keyPath: path] }
}

extension Box where Value == ServerMachine {
    func handle(_ event: ServerMachine.Event, nowNs: UInt64) -> ServerMachine.Action {
        value.handle(event, nowNs: nowNs)
    }
}

extension Box where Value == DeviceMachine {
    func handle(_ event: DeviceMachine.Event, nowNs: UInt64) -> DeviceMachine.Action {
        value.handle(event, nowNs: nowNs)
    }
}

extension Box where Value == BufferTarget {
    func update(underruns: Int, nowNs: UInt64) -> Bool {
        value.update(underruns: underruns, nowNs: nowNs)
    }
}

extension Box where Value == DeviceLevels {
    func takeLost(_ device: AudioDevice) -> DeviceLevels.Level? { value.takeLost(device) }
}

@Suite struct ServerMachineTests {
    @Test func triesOftenOnlyWhenNeeded() {
        let machine = Box(ServerMachine())
        #expect(machine.handle(.start, nowNs: 0) == .connect)
        #expect(machine.handle(.failed, nowNs: ms) == .disconnect)
        #expect(machine.wakeNs == ms + 30 * second)
        #expect(machine.handle(.need(true), nowNs: 2 * ms) == .nothing)
        #expect(machine.wakeNs == 2 * ms)
        #expect(machine.handle(.due, nowNs: 2 * ms) == .connect)
        #expect(machine.handle(.failed, nowNs: 3 * ms) == .disconnect)
        #expect(machine.wakeNs == 253 * ms)
        #expect(machine.handle(.due, nowNs: 252 * ms) == .nothing)
    }

    @Test func socketThatAppearsIsTriedAtOnceAndEagerly() {
        let machine = Box(ServerMachine())
        _ = machine.handle(.start, nowNs: 0)
        _ = machine.handle(.failed, nowNs: 0)
        #expect(machine.handle(.socketAppeared, nowNs: second) == .connect)
        _ = machine.handle(.failed, nowNs: second)
        #expect(machine.wakeNs == second + 50 * ms)
    }

    @Test func connectedAndIdleNeedsNoTimer() {
        let machine = Box(ServerMachine())
        _ = machine.handle(.start, nowNs: 0)
        #expect(machine.wakeNs == 2 * second)
        #expect(machine.handle(.ready, nowNs: ms) == .nothing)
        #expect(machine.wakeNs == nil)
    }

    @Test func countsOutagesAndHangs() {
        let machine = Box(ServerMachine())
        _ = machine.handle(.start, nowNs: 0)
        _ = machine.handle(.ready, nowNs: 0)
        #expect(machine.handle(.failed, nowNs: second) == .disconnect)
        #expect(machine.wakeNs == second)
        #expect(machine.handle(.due, nowNs: second) == .connect)
        _ = machine.handle(.ready, nowNs: 3 * second)
        #expect(machine.lastOutageNs == 2 * second)
        #expect(machine.handle(.silent, nowNs: 5 * second) == .disconnect)
        #expect(machine.wakeNs == 5 * second + 250 * ms)
        _ = machine.handle(.due, nowNs: 6 * second)
        _ = machine.handle(.ready, nowNs: 6 * second)
        #expect(machine.outages == 2)
        #expect(machine.hangs == 1)
        #expect(machine.totalOutageNs == 3 * second)
    }

    @Test func attemptWithoutAnswerIsGivenUp() {
        let machine = Box(ServerMachine())
        _ = machine.handle(.start, nowNs: 0)
        #expect(machine.handle(.due, nowNs: 2 * second) == .disconnect)
        #expect(machine.outages == 0)
    }
}

@Suite struct DeviceMachineTests {
    fileprivate func running(on device: String, nowNs: UInt64 = 0) -> Box<DeviceMachine> {
        let machine = Box(DeviceMachine())
        _ = machine.handle(.best(device), nowNs: nowNs)
        _ = machine.handle(.ready, nowNs: nowNs)
        return machine
    }

    @Test func opensTheBestAndTakesABetterOneBack() {
        let machine = Box(DeviceMachine())
        #expect(machine.handle(.best("b"), nowNs: 0) == .open(device: "b"))
        #expect(machine.handle(.best("b"), nowNs: 0) == .nothing)
        _ = machine.handle(.ready, nowNs: ms)
        #expect(machine.handle(.best("a"), nowNs: 2 * ms) == .open(device: "a"))
        _ = machine.handle(.ready, nowNs: 3 * ms)
        #expect(machine.handle(.best(nil), nowNs: 4 * ms) == .close)
        #expect(machine.state == .away)
        #expect(machine.rebuilds == 1)
    }

    @Test func streamsThatDieYoungAreRetriedLaterAndLater() {
        let machine = running(on: "a")
        var nowNs: UInt64 = 0
        var waits: [UInt64] = []
        for _ in 0..<9 {
            #expect(machine.handle(.ended, nowNs: nowNs) == .close)
            waits.append(((machine.wakeNs ?? 0) - nowNs) / ms)
            nowNs = machine.wakeNs ?? 0
            #expect(machine.handle(.due, nowNs: nowNs) == .open(device: "a"))
            _ = machine.handle(.ready, nowNs: nowNs)
        }
        #expect(waits == [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000])
        nowNs += 2 * second
        _ = machine.handle(.ended, nowNs: nowNs)
        #expect(machine.wakeNs == nowNs)
    }

    @Test func aChosenMoveHoldsUntilTheBestChanges() {
        let machine = running(on: "a")
        #expect(machine.handle(.moved(to: "b", isChosen: true), nowNs: ms) == .nothing)
        #expect(machine.handle(.best("a"), nowNs: ms) == .nothing)
        #expect(machine.handle(.best("c"), nowNs: ms) == .open(device: "c"))
    }

    @Test func aMoveByTheServerIsUndone() {
        let machine = running(on: "a")
        #expect(machine.handle(.moved(to: "b", isChosen: false), nowNs: ms) == .open(device: "a"))
    }

    @Test func noAnswerToAnOpeningIsTheServersSilence() {
        let machine = Box(DeviceMachine())
        _ = machine.handle(.best("a"), nowNs: 0)
        #expect(machine.handle(.due, nowNs: second) == .nothing)
        #expect(machine.handle(.due, nowNs: 2 * second) == .serverSilent)
    }

    @Test func outagesLastUntilTheNextStreamRuns() {
        let machine = running(on: "a")
        #expect(machine.handle(.serverLost, nowNs: second) == .close)
        #expect(machine.value.outageNs(nowNs: 2 * second) == second, "as far as it has come")
        _ = machine.handle(.best("a"), nowNs: 2 * second)
        _ = machine.handle(.ready, nowNs: 3 * second)
        #expect(machine.outages == 1)
        #expect(machine.lastOutageNs == 2 * second)
        #expect(machine.value.outageNs(nowNs: 8 * second) == 2 * second)
        #expect(machine.handle(.stalled, nowNs: 9 * second) == .close)
        #expect(machine.stalls == 1)
    }
}

@Suite struct BufferTargetTests {
    @Test func growsByStepsAndShrinksAfterQuiet() {
        let target = Box(BufferTarget(baseMs: 15, maximumMs: 27, nowNs: 0))
        #expect(target.update(underruns: 0, nowNs: second) == false)
        #expect(target.update(underruns: 3, nowNs: second))
        #expect(target.ms == 20)
        #expect(target.update(underruns: 1, nowNs: second + 100 * ms) == false)
        #expect(target.update(underruns: 1, nowNs: second + 200 * ms))
        #expect(target.update(underruns: 1, nowNs: 3 * second))
        #expect(target.ms == 27)
        #expect(target.update(underruns: 1, nowNs: 4 * second) == false)
        #expect(target.update(underruns: 0, nowNs: 32 * second) == false)
        #expect(target.update(underruns: 0, nowNs: 33 * second))
        #expect(target.ms == 22)
        #expect(target.update(underruns: 0, nowNs: 63 * second))
        #expect(target.update(underruns: 0, nowNs: 93 * second))
        #expect(target.ms == 15)
        #expect(target.update(underruns: 0, nowNs: 200 * second) == false)
    }
}

@Suite struct DeviceLevelsTests {
    @Test func onlyUsedDevicesComeBackAsTheyWere() {
        let levels = Box(DeviceLevels())
        var used = AudioDevice(kind: .sink, index: 1, name: "a", volume: 0.5, isMuted: true)
        let other = AudioDevice(kind: .sink, index: 2, name: "b", volume: 0.5)
        levels.value.touched(used)
        levels.value.serverLost([used, other])
        used.index = 7
        #expect(levels.takeLost(used) == DeviceLevels.Level(volume: 0.5, isMuted: true))
        #expect(levels.takeLost(used) == nil)
        #expect(levels.takeLost(other) == nil)
    }
}
