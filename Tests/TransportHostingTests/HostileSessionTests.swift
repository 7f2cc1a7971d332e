import CParleyWire
import EventLoop
import Glibc
import JSON
import Testing

@testable import TransportHosting

/// Plugins that misbehave in a session: the session learns of it, other plugins notice nothing.
@Suite(.serialized) struct HostileSessionTests {
    init() { EventLoop.startThread() }

    @LoopActor private func stage() async throws -> Stage {
        let workshop = try Workshop()
        try workshop.install(Workshop.fixture("hostile"), as: "hostile.so")
        try workshop.install(Workshop.delay, as: "delay.so")
        let stage = try Stage(workshop)
        try await stage.added("hostile")
        try await stage.added("delay")
        return stage
    }

    @LoopActor @Test func aCrashEndsTheSessionsOfThatPluginOnly() async throws {
        let stage = try await stage()
        let (_, other) = try await stage.connected("hostile")
        let (session, witness) = try await stage.connected("hostile")
        let (echo, _) = try await stage.connected("delay", options: ["delayMs": 0])
        session.command("crash", id: 1, arguments: [:])
        let death = try await witness.death()
        #expect(death.kind == .crashed)
        #expect(death.reason.contains("SIGSEGV"))
        #expect(try await other.death() == death)
        #expect(!session.isOpen)
        var line = AudioLine(echo)
        try line.send([5])
        #expect(try await line.receive().samples == [5])
    }

    @LoopActor @Test func anExitIsADeath() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        session.command("exit", id: 1, arguments: [:])
        #expect(try await witness.death().reason.contains("status 7"))
    }

    @LoopActor @Test func aKillFromOutsideIsADeath() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        let pid = try #require(try await witness.processID(session))
        kill(pid, SIGKILL)
        #expect(try await witness.death().reason.contains("SIGKILL"))
    }

    @LoopActor @Test func aHangIsNoticedWithinTwoSecondsOfWork() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        let startNs = MonotonicClock.nowNs
        session.command("hang", id: 1, arguments: [:])
        let death = try await witness.death()
        let seconds = Double(MonotonicClock.nowNs - startNs) / 1e9
        #expect(death.kind == .hung)
        #expect(seconds > 1.9 && seconds < 4)
    }

    @LoopActor @Test func aFloodIsSlowedDownAndOthersAreServed() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        let (echo, _) = try await stage.connected("delay", options: ["delayMs": 0])
        session.command("flood", id: 1, arguments: [:])
        var line = AudioLine(echo)
        for sample in 1...50 {
            try line.send([Int16(sample)])
            #expect(try await line.receive().samples == [Int16(sample)])
        }
        try await witness.events.first { $0 == .event(type: "flood_done", data: [:]) }
        // The status, the event before it, the answer to the command, and the last event.
        #expect(witness.events.all.count == 30004)
    }

    @LoopActor @Test func malformedEventsAreDroppedOneByOne() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        witness.events.clear()
        session.command("badEvents", id: 1, arguments: [:])
        try await witness.events.first { $0 == .complete(command: 1, .done, data: .none) }
        for event in witness.events.all.dropLast() {
            guard case .log(.warning, let text) = event else {
                Issue.record("\(event)")
                continue
            }
            #expect(text.contains("malformed"))
        }
        #expect(witness.events.all.count == 12)
    }

    @LoopActor @Test func endlessTextsAreCut() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        witness.events.clear()
        _ = try await witness.answer(session, "longTexts", id: 1)
        let texts = witness.events.all.compactMap { event in
            switch event {
            case .log(_, let text): text
            case .status(.disconnected(_, _, let reason)): reason
            default: nil
            }
        }
        let longest = String(repeating: "\u{e9}", count: 2048)
        #expect(texts.filter { $0 == longest }.count == 2)
        #expect(witness.events.all.count == 5)
    }

    @LoopActor @Test func framesThatBreakTheRulesAreRefusedToThePlugin() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        session.command("badFrames", id: 1, arguments: [:])
        // The fixture answers `invalid` when every bad frame was refused and the good one was taken.
        try await witness.events.first { $0 == .complete(command: 1, .invalid, data: .none) }
        #expect(try await AudioLine(session).receive().samples.count == 4)
    }

    @LoopActor @Test func aDaemonThatDoesNotReadAudioCostsAFrameTwentyMilliseconds() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        let answer = try #require(try await witness.answer(session, "fillAudio", id: 1))
        #expect(answer["result"] == -4)
        let ms = try #require(answer["ms"]?.integerValue)
        #expect(ms >= 19 && ms < 200)
    }

    @LoopActor @Test func aPluginWhoseHostKeepsDyingFailsUntilAReload() async throws {
        let stage = try await stage()
        for _ in 1...5 {
            let (session, witness) = try await stage.openWhenAllowed("hostile")
            session.connect()
            session.command("exit", id: 1, arguments: [:])
            _ = try await witness.death()
        }
        let failed = try #require(stage.hosting.entries.first { $0.descriptor?.id == "hostile" })
        guard case .failed(let reason) = failed.state else {
            Issue.record("\(failed.state)")
            return
        }
        #expect(reason.contains("status 7"))
        stage.hosting.reload()
        _ = try await stage.connected("hostile")
    }

    @LoopActor @Test func hostsEndWithTheSpawner() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        let pid = try #require(try await witness.processID(session))
        let gone = ProcessEnd(pid)
        kill(stage.spawner.processID, SIGKILL)
        try await gone.wait()
        #expect(try await witness.death().kind == .notStarted)
        await #expect(throws: TransportOpenError.launch(.launcherLost)) {
            _ = try await stage.openWhenAllowed("hostile")
        }
    }
}
