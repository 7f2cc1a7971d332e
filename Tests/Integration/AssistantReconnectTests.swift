import Control
import Foundation
import JSON
import Testing

/// A session whose server goes away, refuses, falls silent or comes to its end.
@Suite(.serialized) struct AssistantReconnectTests {
    /// An event that does nothing, so that a fault can wait for it.
    private static let trigger: JSONValue = ["type": "input_audio_buffer.clear"]

    private func states(_ story: Story) -> [String] {
        story.all("session_state").compactMap { $0["data"]?["state"]?.stringValue }
    }

    private func untilState(_ state: String, _ story: Story, count: Int = 1) throws -> JSONValue {
        try story.until("session_state", count: count) {
            $0["data"]?["state"]?.stringValue == state
        }
    }

    enum Loss: String, CaseIterable, Sendable {
        case reset = "reset_at"
        case close = "close_at"
        /// Half open: only a ping that stays unanswered tells.
        case stall = "stall_at"

        var code: String {
            switch self {
            case .reset: "connection_lost"
            case .close: "closed_1011"
            case .stall: "no_answer"
            }
        }
    }

    @Test(arguments: Loss.allCases)
    func configAndConversationAreRestored(_ loss: Loss) throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url([
                loss.rawValue: "input_audio_buffer.clear", "times": "1", "say_ms": "400",
                "answers": "Aye.",
            ]), options: ["quietTimeoutS": 0.3, "answerTimeoutS": 0.3],
            config: ["instructions": "Speak like a pirate."], reconnect: ["initialMs": 20])
        let story = Story(client)
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Ahoy!"])
        try story.until("turn_done")
        _ = try client.call("session.sendEvent", ["session": "line", "event": Self.trigger])
        let lost = try untilState("reconnecting", story)
        #expect(lost["data"]?["code"]?.stringValue == loss.code, "\(lost)")
        _ = try untilState("connected", story, count: 2)

        try daemon.until("the second connection has the conversation") {
            server.events("server", "conversation.item.done", connection: 2).count == 2
        }
        let sent = server.events("client", connection: 2)
        #expect(sent.first?["type"] == "session.update")
        #expect(sent.first?["session"]?["instructions"] == "Speak like a pirate.")
        let items = server.events("client", "conversation.item.create", connection: 2)
        #expect(
            items.map { $0["item"]?["content"] } == [
                [["type": "input_text", "text": "Ahoy!"]],
                [["type": "output_text", "text": "Aye."]],
            ])
        // It goes on behind what there was, on both sides.
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Anchor!"])
        try story.until("turn_done", count: 2)
        let history = try client.call("sessions.get", ["session": "line"])["history"]
        #expect(
            history?.arrayValue?.map { $0["role"] } == ["user", "assistant", "user", "assistant"])
        #expect(history?.arrayValue?.first?["itemId"] == items.first?["item"]?["id"])
        #expect(story.all("error").isEmpty, "\(story.all("error"))")
    }

    // MARK: Refusals

    @Test(arguments: [
        ("401", "invalid_api_key"), ("403", "unsupported_country_region_territory"),
        ("429", "insufficient_quota"), ("404", "model_not_found"),
    ])
    func aRefusalThatStaysIsFinal(_ status: String, _ code: String) throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url(["refuse": status, "error_code": code]), options: ["auth": "none"],
            wait: false)
        let event = try untilState("failed", Story(client))
        #expect(event["data"]?["code"]?.stringValue == code, "\(event)")
        #expect(event["data"]?["reason"] == "Refused on demand.")
        #expect(server.requests.count == 1)
    }

    @Test(arguments: ["429", "503"])
    func aBusyServerIsAskedAgainWhenItSaid(_ status: String) throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url([
                "refuse": status, "error_code": "rate_limit_exceeded", "retry_after_s": "1",
                "times": "1",
            ]), reconnect: ["initialMs": 20], wait: false)
        let story = Story(client)
        let began = ContinuousClock.now
        let event = try untilState("reconnecting", story)
        #expect(event["data"]?["code"] == "rate_limit_exceeded")
        _ = try untilState("connected", story)
        #expect(ContinuousClock.now - began > .milliseconds(900))
    }

    @Test func withoutMoneyThereIsNoOtherTry() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url(["error_at": "response.create", "error_code": "insufficient_quota"]))
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Hello"])
        let story = Story(client)
        let event = try untilState("failed", story)
        #expect(event["data"]?["code"] == "insufficient_quota")
        #expect(story.all("error").count == 1)
        #expect(server.requests.count == 1)
    }

    // MARK: A server that takes nothing

    @Test func aStalledServerCostsSoundAndNothingElse() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url(["stall_at": "input_audio_buffer.clear", "stall_ms": "8000"]),
            options: ["quietTimeoutS": 60])
        let story = Story(client)
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        let ms = 11_000
        program.write((Speech.user(ms: ms)).map { $0 / 256 })
        _ = try client.call("session.sendEvent", ["session": "line", "event": Self.trigger])
        let event = try story.untilRaw("discontinuity")
        #expect((event["data"]?["droppedMs"]?.integerValue ?? 0) > 0)

        // Another session, in the same host, notices nothing.
        _ = try client.call(
            "sessions.create",
            [
                "transport": "openai-websocket", "name": "other", "wait": true,
                "local": ["kind": "stream"],
                "options": ["url": .string(server.url(["say_ms": "400"]))],
            ])
        let other = try AudioProgram(daemon, request: #"{"session":"other"}"#)
        _ = try client.call("session.sendMessage", ["session": "other", "message": "Hello"])
        #expect(try Speech.find(other.read(samples: 9_600), ms: 380).correlation > 0.99)

        // When it reads again, what it gets at once is what it held itself, and 500 ms.
        try daemon.until("the rest was sent") {
            let told = server.lines.last { $0["event"]?["type"] == "input_audio_buffer.append" }
            return told != nil && server.soundBytes.count > 48 * 2_000
                && lost(story, client) + server.soundBytes.count / 48 >= ms - 60
        }
        let total = lost(story, client) + server.soundBytes.count / 48
        #expect(abs(total - ms) <= 60, "\(total) ms of \(ms) ms were sent or told as lost")
        // Of 8 s the server's own system and ours hold a few, and the daemon no more than half a second.
        #expect(lost(story, client) > 3_000, "\(lost(story, client)) ms of \(ms) ms were lost")
        let session = try client.call("sessions.get", ["session": "line"])
        #expect(session["state"] == "connected")
        #expect(!states(story).contains("reconnecting"))
    }

    /// Milliseconds told as lost, so far.
    private func lost(_ story: Story, _ client: ControlClient) -> Int {
        // Any answer brings the events before it along.
        _ = try? story.drain()
        return story.all("transport_event").filter { $0["data"]?["type"] == "discontinuity" }
            .reduce(0) { $0 + Int($1["data"]?["droppedMs"]?.integerValue ?? 0) }
    }
}
