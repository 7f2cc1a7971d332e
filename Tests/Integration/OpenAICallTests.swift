import Control
import JSON
import Testing

/// Conversations with a voice model by WebRTC: sound by RTP, events by the data channel.
@Suite(.serialized, .enabled(if: OpenAICallsServer.python != nil, "PARLEY_TEST_PYTHON is not set"))
struct OpenAICallTests {
    private static var rate: Int { RTPSessions.rate }

    /// A session `line` in a call with the server, and what its client is told.
    private struct Line {
        let server: OpenAICallsServer
        let sessions: WebRTCSessions
        let story: Story
        let program: AudioProgram

        init(key: String = "sk-canary-calls") throws {
            server = try OpenAICallsServer()
            sessions = try WebRTCSessions()
            _ = try sessions.client.call(
                "sessions.create",
                [
                    "transport": "webrtc", "name": "line", "wait": true,
                    "local": ["kind": "stream", "rate": .integer(Int64(rate))],
                    "options": [
                        "signalling": "openai", "url": .string(server.url), "auth": "key",
                        "apiKey": .string(key), "addresses": ["127.0.0.1"],
                    ],
                    "sessionConfig": ["instructions": "Sing."],
                ])
            story = Story(sessions.client)
            program = try sessions.program("line")
        }

        func say(_ text: String) throws {
            _ = try sessions.client.call(
                "session.sendMessage", ["session": "line", "message": .string(text)])
        }
    }

    @Test func aTurnIsHeardAndTheCallIsHungUp() throws {
        let line = try Line()
        let request = try #require(line.server.requests.first)
        #expect(request["authorization"] == "Bearer sk-canary-calls")
        #expect(request["type"] == "multipart/form-data")
        #expect(request["session"]?["type"] == "realtime")
        #expect(request["session"]?["instructions"] == "Sing.")
        #expect(line.server.types.first == "session.update")

        try line.say("Hello")
        try line.story.until("turn_started")
        let heard = line.program.read(samples: 3 * Self.rate)
        #expect(Chirp.likeness(Chirp.samples(from: 1_100, to: 300), in: heard) > 0.9)
        try line.story.until("turn_done")
        let call = line.story.all("transport_event").first { $0["data"]?["type"] == "webrtc.call" }
        #expect(call?["data"]?["callId"] == "rtc_1")
        #expect(line.story.all("audio_interrupted").isEmpty)

        _ = try line.sessions.client.call("sessions.close", ["session": "line"])
        try line.sessions.daemon.until("the call is hung up") {
            line.server.requests.last?["target"] == "/v1/realtime/calls/rtc_1/hangup"
        }
    }

    /// An ephemeral key knows its session.
    @Test func anEphemeralKeySendsTheOfferAlone() throws {
        let line = try Line(key: "ek_sk-canary-calls")
        let request = try #require(line.server.requests.first)
        #expect(request["type"] == "application/sdp")
        #expect(request["session"] == .null)
        #expect(
            line.server.events.first?["session"]?["instructions"] == "Sing.",
            "the config follows by the channel")
    }

    @Test func aClientThatInterruptsClearsTheServersBuffer() throws {
        let line = try Line()
        try line.say("Hello")
        try line.story.until("audio_transcript_delta")
        _ = line.program.read(samples: Self.rate / 2)
        _ = try line.sessions.client.call("session.interrupt", ["session": "line"])
        try line.story.untilRaw("conversation.item.truncated")
        try line.story.until("audio_interrupted", count: 1)
        try line.story.drain()
        let interruptions = line.story.all("audio_interrupted")
        #expect(interruptions.count == 1)
        #expect(interruptions.first?["data"]?["cause"] == "client")
        #expect(line.server.types.contains("output_audio_buffer.clear"))
        #expect(!line.server.types.contains("conversation.item.truncate"))
    }

    @Test func theUserBargesIn() throws {
        let line = try Line()
        try line.say("Hello")
        try line.story.until("audio_transcript_delta")
        line.program.write(Chirp.samples(from: 250, to: 1_000))
        try line.story.untilRaw("conversation.item.truncated")
        let interruption = try line.story.until("audio_interrupted", count: 1)
        #expect(interruption["data"]?["cause"] == "peer")
        try line.story.drain()
        #expect(line.story.all("audio_interrupted").count == 1)
        // The server's buffer is empty already.
        #expect(!line.server.types.contains("output_audio_buffer.clear"))
    }

    @Test func functionsAreCalledAndAnswered() throws {
        let line = try Line()
        try line.say("add")
        let call = try line.story.until("function_call")
        #expect(call["data"]?["name"] == "add")
        _ = try line.sessions.client.call(
            "session.sendFunctionCallOutput",
            ["session": "line", "callId": "call_1", "output": "2", "startResponse": true])
        try line.story.until("turn_started", count: 2)
        let output = line.server.events.last {
            $0["item"]?["type"] == "function_call_output"
        }
        #expect(output?["item"]?["call_id"] == "call_1")
        #expect(output?["item"]?["output"] == "2")
    }
}
