import Control
import Foundation
import JSON
import Testing

/// The process that carries a conversation is killed: the conversation goes on in the next.
@Suite(.serialized) struct AssistantHostDeathTests {
    @Test func theConversationSurvivesItsHost() throws {
        let server = try FakeServerUnderTest([
            "--option", "answers=Aye.|Once upon a time there was a ship that sailed the seas.|Arr.",
            "--option", "speed=1.2", "--option", "heard=Where is it?",
        ])
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url, options: ["auth": "key", "apiKey": "sk-canary-one"],
            config: ["instructions": "Speak like a pirate."], reconnect: ["initialMs": 20])
        let story = Story(client)
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        let ear = program.listen()
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Ahoy!"])
        try story.until("turn_done", count: 1)
        _ = try client.call(
            "session.updateSessionConfig",
            ["session": "line", "config": ["instructions": "Speak like a sailor."]])
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Tell me."])
        try story.until("turn_started", count: 2)
        let start = ear.count
        try daemon.until("the tale is heard") {
            ear.samples[start...].count { abs($0) > 100 } > 24_000
        }
        let host = try #require(daemon.hosts(of: "openai-websocket.so").first)
        kill(host, SIGKILL)
        let lost = try story.until("session_state") { $0["data"]?["state"] == "reconnecting" }
        #expect(lost["data"]?["code"] == "host_died", "\(lost)")
        #expect(lost["data"]?["reason"]?.stringValue?.contains("SIGKILL") == true, "\(lost)")
        try story.until("session_state") { $0["data"]?["state"] == "connected" }
        #expect(daemon.hosts(of: "openai-websocket.so") != [host])
        #expect(server.requests.last?["headers"]?["authorization"] == "Bearer sk-canary-one")

        // The server knows what was said, and nothing is heard twice.
        try daemon.until("the conversation is restored") {
            server.events("server", "conversation.item.done", connection: 2).count == 4
        }
        let update = server.events("client", "session.update", connection: 2).first?["session"]
        #expect(update?["instructions"] == "Speak like a sailor.")
        let items = server.events("client", "conversation.item.create", connection: 2)
        let texts = items.map {
            $0["item"]?["content"]?.arrayValue?.first?["text"]?.stringValue ?? ""
        }
        #expect(texts.prefix(3) == ["Ahoy!", "Aye.", "Tell me."])
        #expect(texts.count == 4 && texts.last?.hasPrefix("Once upon") == true, "\(texts)")
        let quiet = ear.count + 4_800
        try daemon.until("silence") { ear.count > quiet + 12_000 }
        #expect(ear.samples[quiet...].allSatisfy { abs($0) < 30 })
        program.write(Speech.user(ms: 800) + Speech.silence(ms: 800))
        try daemon.until("the next answer is heard") {
            ear.samples[quiet...].count { abs($0) > 100 } > 6_000
        }
        #expect(try Speech.find(Array(ear.samples[quiet...]), ms: 250).correlation > 0.98)
        try story.until("turn_done") { $0["data"]?["response"]?["status"] == "completed" }
        #expect(story.all("error").isEmpty, "\(story.all("error"))")
        let history = try client.call("sessions.get", ["session": "line"])["history"]?.arrayValue
        #expect(
            history?.map { $0["role"] } == [
                "user", "assistant", "user", "assistant", "user", "assistant",
            ])
        #expect(
            history?.map { $0["status"] } == [
                "completed", "completed", "completed", "incomplete", "completed", "completed",
            ])
        #expect(story.all("turn_done").count == 3, "each turn that began is over: \(story.types)")
    }
}
