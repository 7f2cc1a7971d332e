import CParleyWire
import EventLoop
import Glibc
import JSON
import Testing

@testable import TransportHosting

/// Sessions in real hosts.
@Suite(.serialized) struct SessionTests {
    init() { EventLoop.startThread() }

    @LoopActor private func stage(_ source: String = Workshop.fixture("hostile")) async throws
        -> Stage
    {
        let workshop = try Workshop()
        try workshop.install(source, as: "plugin.so")
        let stage = try Stage(workshop)
        try await stage.added(source == Workshop.delay ? "delay" : "hostile")
        return stage
    }

    @LoopActor @Test func soundComesBackThroughAPluginInItsOwnProcess() async throws {
        let stage = try await stage(Workshop.delay)
        let (session, _) = try await stage.connected("delay", options: ["delayMs": 5])
        var line = AudioLine(session)
        try line.send([1, -2, 3])
        let (frame, samples) = try await line.receive()
        #expect(samples == [1, -2, 3])
        #expect(frame.session == session.number)
        #expect(frame.generation == 1)
        session.playback(PlaybackReport(.flushEnd, cause: .client, generation: 2))
        session.command("interrupt", id: 1, arguments: [:])
        try line.send([4])
        let (next, _) = try await line.receive()
        #expect(next.generation == 2)
        session.destroy()
    }

    @LoopActor @Test func aCommandFollowsTheFramesThatWereSentBeforeIt() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        var line = AudioLine(session)
        let pid = try #require(try await witness.processID(session))
        for round in 1...5 {
            // Stopped, so that it finds both at once, and more frames than it reads in one turn.
            kill(pid, SIGSTOP)
            for _ in 0..<150 { try line.send([0]) }
            let sent = line.sent
            session.audioPosition = { sent }
            session.command("heard", id: UInt32(round), arguments: [:])
            kill(pid, SIGCONT)
            try await witness.events.first {
                $0
                    == .complete(
                        command: UInt32(round), .done,
                        data: ["frames": .integer(Int64(sent)), "dropped": 0])
            }
        }
    }

    @LoopActor @Test func aBarrierIsAnsweredAfterThePluginHasDropped() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        var line = AudioLine(session)
        try line.send([0])
        try line.sendBarrier(77)
        try await witness.events.first { $0 == .barrierPassed(sequence: 77) }
        let answer = try await witness.answer(session, "heard", id: 1)
        #expect(answer == ["frames": 1, "dropped": 1])
    }

    @LoopActor @Test func everyKindOfEventArrives() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        _ = try await witness.answer(session, "everything", id: 1)
        let opus = try #require(TransportFormat(codec: .opus, rateHz: 48000))
        let expected: [TransportEvent] = [
            .event(
                type: "connected_with",
                data: ["resume": 0, "attempt": 1, "generation": 1, "configBytes": 2]),
            .status(.connected),
            .network(lossPercent: 7, bitrateBps: 24000, ptimeMs: 40),
            .format(.fromPeer, opus, ptimeMs: 20),
            .statistics(["packetsLost": 3]),
            .incoming(callID: "call-1", data: ["from": "alice"]),
            .interrupt(.speech),
            .log(.warning, "a line with  [31m colour"),
            .complete(command: 1, .done, data: nil),
        ]
        #expect(witness.events.all == expected)
        session.close()
        try await witness.status(.disconnected(.ended, code: "bye", reason: "as asked"))
    }

    @LoopActor @Test func aSecretIsAskedForAndGiven() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        session.command("secret", id: 1, arguments: [:])
        try await witness.events.first { $0 == .secretRequested(name: "apiKey") }
        Array("four".utf8).withUnsafeBytes { session.provideSecret("apiKey", value: $0) }
        session.provideSecret("apiKey", value: nil)
        try await witness.events.first {
            $0 == .event(type: "got_secret", data: ["name": "apiKey", "length": 4])
        }
        try await witness.events.first {
            $0 == .event(type: "got_secret", data: ["name": "apiKey", "length": -1])
        }
    }

    @LoopActor @Test func playbackReachesThePlugin() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        session.playback(
            PlaybackReport(
                .flushed, cause: .speech, itemID: "item_1", rateHz: 24000, heardSamples: 1 << 40))
        try await witness.events.first {
            $0
                == .event(
                    type: "played",
                    data: [
                        "kind": 3, "cause": 1, "generation": 0, "item": "item_1",
                        "heard": 1_099_511_627_776,
                    ])
        }
    }

    @LoopActor @Test func aPendingCommandIsCompletedFromAThread() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        #expect(try await witness.answer(session, "later", id: 9) == ["from": "a thread"])
        session.command("juggle", id: 10, arguments: [:])
        try await witness.events.first { $0 == .complete(command: 10, .notSupported, data: nil) }
    }

    @LoopActor @Test func longTextsGoInPartsBothWays() async throws {
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        let size = 2_000_000
        session.command("big", id: 1, arguments: ["size": .integer(Int64(size))])
        let event = try await witness.events.first {
            if case .event("transport_event", _) = $0 { true } else { false }
        }
        guard case .event(_, let data) = event else { return }
        #expect(data["text"]?.stringValue?.utf8.count == size)
        let image: JSONValue = ["image": .string(String(repeating: "y", count: size))]
        let answer = try await witness.answer(session, "size", id: 2, arguments: image)
        #expect(answer?["bytes"] == .integer(Int64(size + 12)))
    }

    @LoopActor @Test func aRefusedConnectIsFatal() async throws {
        let stage = try await stage()
        let (session, witness) = try stage.open("hostile")
        session.connect(options: ["refuse": true])
        let event = try await witness.events.first { if case .status = $0 { true } else { false } }
        guard case .status(.disconnected(.never, let code, _)) = event else {
            Issue.record("\(event)")
            return
        }
        #expect(code == "transport_refused")
    }

    @LoopActor @Test func sessionsShareAHostThatLeavesWithTheLast() async throws {
        let stage = try await stage()
        let (one, first) = try await stage.connected("hostile")
        let (two, second) = try await stage.connected("hostile")
        let pid = try #require(try await first.processID(one))
        #expect(try await second.processID(two) == pid)
        #expect(stage.hosting.entries.map(\.hosts) == [1])
        one.destroy()
        #expect(try await second.processID(two) == pid)
        let gone = ProcessEnd(pid)
        two.destroy()
        try await gone.wait()
        let (three, third) = try await stage.connected("hostile")
        #expect(try await third.processID(three) != pid)
    }

    @LoopActor @Test func aHostHasFewDescriptorsAndNoSecretsAroundIt() async throws {
        setenv("PARLEY_TEST_SECRET", "do not pass on", 1)
        let stage = try await stage()
        let (session, witness) = try await stage.connected("hostile")
        let answer = try await witness.answer(session, "process", id: 1)
        let names = answer?["environment"]?.arrayValue?.compactMap(\.stringValue) ?? []
        #expect(names.contains("PATH"))
        #expect(!names.contains("PARLEY_TEST_SECRET"))
        // Three standard ones, two sockets, the loop's two.
        #expect(answer?["descriptors"] == 7)
    }

    @LoopActor @Test func aDestroyedSessionTellsNothingMore() async throws {
        let stage = try await stage()
        let (one, first) = try await stage.connected("hostile")
        let (two, second) = try await stage.connected("hostile")
        first.events.clear()
        one.command("everything", id: 1, arguments: [:])
        one.destroy()
        one.command("everything", id: 2, arguments: [:])
        _ = try await second.answer(two, "heard", id: 3)
        #expect(first.events.all.isEmpty)
        #expect(!one.isOpen)
    }
}
