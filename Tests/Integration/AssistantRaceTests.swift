import Control
import Foundation
import JSON
import Testing

/// What happens at the same time on both sides of the wire.
@Suite(.serialized) struct AssistantRaceTests {
    @Test func interruptionsAtAnyMomentLeaveNoTrace() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url(["say_ms": "600", "speed": "4", "late_ms": "30", "latency_ms": "20"]))
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        let ear = program.listen()
        let story = Story(client)
        // Around the beginning, within, around the end of the generation, and when all was heard.
        let delaysMs: [useconds_t] = [
            0, 1, 2, 5, 10, 15, 18, 20, 22, 25, 30, 60, 100, 150, 165, 170, 172, 175, 180, 400, 650,
        ]
        for (index, ms) in delaysMs.enumerated() {
            _ = try client.call("session.sendMessage", ["session": "line", "message": "Talk."])
            usleep(ms * 1_000)
            _ = try client.call("session.interrupt", ["session": "line"])
            try story.until("turn_done", count: index + 1)
        }
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Talk."])
        try story.until("turn_done", count: delaysMs.count + 1)
        try daemon.until("the last answer is over") {
            let samples = ear.samples
            return samples.count > 24_000 && samples.suffix(7_200).allSatisfy { abs($0) < 30 }
        }
        // All of the last answer was heard, behind the last silence.
        let samples = ear.samples
        let end = try #require(samples.lastIndex { abs($0) > 100 })
        let last = try Speech.find(Array(samples[max(0, end - 14_600)...]), ms: 560)
        #expect(last.correlation > 0.98, "\(last)")

        #expect(story.all("error").isEmpty, "\(story.all("error"))")
        let truncated = server.events("client", "conversation.item.truncate").count
        #expect(server.events("server", "conversation.item.truncated").count == truncated)
        #expect(story.all("audio_interrupted").count <= delaysMs.count)
        for event in story.all("audio_interrupted") {
            #expect((event["data"]?["heardMs"]?.integerValue ?? 0) <= 600, "\(event)")
        }
        let codes = server.events("server", "error").map { $0["error"]?["code"]?.stringValue }
        #expect(codes.allSatisfy { $0 == "response_cancel_not_active" }, "\(codes)")
    }

    /// The server answers a turn by itself while a client asks for an answer, too.
    @Test func aRequestThatCrossesTheServersOwnAnswerWaits() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(server.url(["say_ms": "400"]))
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        program.write(Speech.user(ms: 400) + Speech.silence(ms: 700))
        let story = Story(client)
        try story.untilRaw("input_audio_buffer.speech_stopped")
        _ = try client.call("session.requestResponse", ["session": "line"])
        try story.until("turn_done", count: 2)
        #expect(story.all("error").isEmpty, "\(story.all("error"))")
    }

    @Test func aLostConnectionEndsTheAnswerAndTheNextIsWhole() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url([
                "reset_at": "input_audio_buffer.clear", "times": "1", "say_ms": "4000",
                "speed": "50",
            ]), reconnect: ["initialMs": 400])
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        let ear = program.listen()
        let story = Story(client)
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Talk."])
        try daemon.until("the answer is heard") { ear.samples.contains { abs($0) > 500 } }
        _ = try client.call(
            "session.sendEvent", ["session": "line", "event": ["type": "input_audio_buffer.clear"]])
        try story.until("session_state") { $0["data"]?["state"] == "reconnecting" }
        try story.until("session_state") { $0["data"]?["state"] == "connected" }
        let quiet = ear.count
        try daemon.until("silence") { ear.count > quiet + 2_400 }
        #expect(ear.samples[quiet...].allSatisfy { abs($0) < 30 })
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Talk."])
        try daemon.until("the next answer is heard") {
            ear.samples[quiet...].count { abs($0) > 100 } > 20_000
        }
        let next = try Speech.find(Array(ear.samples[quiet...]), ms: 800)
        #expect(next.correlation > 0.99, "\(next)")
    }

    /// A daemon that stood still took no speech: what the plugin keeps for it must not be heard after the
    /// interruption.
    @Test func speechThatWaitsForTheDaemonIsCutToo() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(server.url(["say_ms": "20000", "speed": "20"]))
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        let ear = program.listen()
        let story = Story(client)
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Talk."])
        try daemon.until("the answer is heard") { ear.samples.contains { abs($0) > 500 } }
        let pid = daemon.process.processIdentifier
        kill(pid, SIGSTOP)
        defer { kill(pid, SIGCONT) }
        try daemon.until("all is generated") { !server.events("server", "response.done").isEmpty }
        let line =
            #"{"jsonrpc":"2.0","id":900,"method":"session.interrupt","#
            + #""params":{"session":"line"}}"# + "\n"
        try client.sendRaw(Array(line.utf8))
        kill(pid, SIGCONT)
        try story.until("audio_interrupted")
        // What had been written to the program before is heard out.
        let cut = ear.count + 4_800
        try daemon.until("half a second passes") { ear.count > cut + 12_000 }
        #expect(ear.samples[cut...].allSatisfy { abs($0) < 30 })
        // The server is read again.
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Go on."])
        try story.until("turn_started", count: 2)
        try daemon.until("the next answer is heard") {
            ear.samples[cut...].count { abs($0) > 100 } > 20_000
        }
        let next = try Speech.find(Array(ear.samples[cut...]), ms: 800)
        #expect(next.correlation > 0.99, "\(next)")
        #expect(story.all("audio_interrupted").count == 1)
        #expect(story.all("error").isEmpty)
    }

    @Test func commandsBeforeTheConnectionAreDoneInOrder() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(server.url(["latency_ms": "600"]), wait: false)
        for text in ["one", "two"] {
            _ = try client.call(
                "session.sendEvent",
                [
                    "session": "line",
                    "event": [
                        "type": "conversation.item.create",
                        "item": [
                            "type": "message", "role": "user",
                            "content": [["type": "input_text", "text": .string(text)]],
                        ],
                    ],
                ])
        }
        let sent = server.types("client")
        let config = try #require(sent.firstIndex(of: "session.update"))
        try daemon.until("both came") {
            server.events("server", "conversation.item.done").count == 2
        }
        let items = server.events("client", "conversation.item.create")
        #expect(
            items.map { $0["item"]?["content"]?.arrayValue?.first?["text"] } == ["one", "two"])
        #expect(config == 0)
    }

    @Test func aMutedMicrophoneIsSilentAtTheServerAtOnce() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(server.url)
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        program.write(Speech.user(ms: 2_000).map { $0 / 256 })
        try daemon.until("it is heard") { server.soundBytes.count > 24_000 }
        _ = try client.call("session.mute", ["session": "line", "muted": true])
        // What had left before may still be on its way; nothing is captured into it any more.
        _ = try client.call(
            "session.sendEvent",
            [
                "session": "line",
                "event": ["type": "session.update", "session": ["type": "realtime"]],
            ])
        try daemon.until("the server answered") {
            server.events("server", "session.updated").contains { $0["session"] != nil }
        }
        let count = server.soundBytes.count
        _ = program.drain()
        let after = server.sound[(count / 2)...]
        #expect(
            after.allSatisfy { $0 == 0 }, "\(after.count { $0 != 0 }) samples of \(after.count)")
    }
}
