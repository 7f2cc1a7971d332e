import Control
import Foundation
import JSON
import Testing

/// A spoken turn with a Realtime server: what each side hears, and what a client is told.
@Suite(.serialized) struct AssistantTurnTests {
    @Test func aSpokenTurnIsHeardAndAnswered() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url([
                "heard": "What time is it?", "answers": "It is a quarter past four.",
                "say_ms": "1000",
            ]))
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        program.write(Speech.user(ms: 800) + Speech.silence(ms: 900))
        let heard = program.read(samples: 24_000)
        let story = Story(client)
        try story.until("turn_done")
        try story.until("item_update", count: 1) {
            $0["data"]?["content"]?.serialized().contains("What time") == true
        }

        // The server heard the user, and what it heard is what the program wrote.
        let types = server.types("server")
        let expected = ["speech_started", "speech_stopped", "committed"]
        #expect(
            types.filter { $0.hasPrefix("input_audio_buffer.") }
                == expected.map { "input_audio_buffer.\($0)" })
        let said = server.sound
        let loud = try #require(said.firstIndex { $0 != 0 })
        #expect(
            Array(said[loud..<(loud + 18_000)]).elementsEqual(nonzero(Speech.user(ms: 800), 18_000))
        )

        // The program heard the server, all of it.
        #expect(heard.count == 24_000)
        let voice = try Speech.find(heard + program.drain(), ms: 950)
        #expect(voice.correlation > 0.99, "\(voice)")

        try expectRawFirst(story)
        #expect(story.all("error").isEmpty, "\(story.all("error"))")
        let history = try client.call("sessions.get", ["session": "line"])["history"]
        let texts = history?.arrayValue?.map { item in
            "\(item["role"]?.stringValue ?? "?"): "
                + "\(item["content"]?.arrayValue?.first?["transcript"]?.stringValue ?? "-")"
        }
        #expect(texts == ["user: What time is it?", "assistant: It is a quarter past four."])
    }

    private func nonzero(_ samples: [Int16], _ count: Int) -> ArraySlice<Int16> {
        samples.drop { $0 == 0 }.prefix(count)
    }

    /// Every typed event comes behind the raw one that it was made from.
    private func expectRawFirst(_ story: Story) throws {
        let pairs = [
            ("response.created", "turn_started"), ("response.done", "usage_update"),
            ("response.done", "turn_done"), ("conversation.item.added", "item_update"),
            ("response.output_audio_transcript.delta", "audio_transcript_delta"),
            ("response.output_audio.done", "audio_done"),
        ]
        for (raw, typed) in pairs {
            let before = try #require(story.placeOfRaw(raw), "\(raw) in \(story.types)")
            let after = try #require(story.place(typed), "\(typed) in \(story.types)")
            #expect(before < after, "\(raw), \(typed) in \(story.types)")
        }
        let started = try #require(story.place("turn_started"))
        let usage = try #require(story.place("usage_update"))
        let done = try #require(story.place("turn_done"))
        #expect(started < usage && usage < done)
        #expect(story.events[done]["data"]?["response"]?["usage"]?["totalTokens"] == 40)
    }

    @Test func theAssistantMaySpeakFirst() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(server.url(["say_ms": "600"]))
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        _ = try client.call("session.requestResponse", ["session": "line"])
        let voice = try Speech.find(program.read(samples: 14_400), ms: 580)
        #expect(voice.correlation > 0.99, "\(voice)")
    }

    /// What is said before the server is ready is not lost, nor is its order.
    @Test func soundFromBeforeTheConnectionIsSent() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(server.url(["latency_ms": "1500"]), wait: false)
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        let voice = Speech.user(ms: 2_500)
        program.write(voice + Speech.silence(ms: 800))
        let story = Story(client)
        try story.until("session_state") { $0["data"]?["state"] == "connected" }
        let updated = try #require(story.placeOfRaw("session.updated"), "\(story.types)")
        let connected = try #require(
            story.place("session_state") { $0["data"]?["state"] == "connected" })
        #expect(updated < connected, "connected means that the config is in force")
        try story.until("turn_started")
        let said = server.sound
        let first = try #require(said.firstIndex { $0 != 0 })
        let own = voice.drop { $0 == 0 }
        #expect(said[first...].prefix(own.count).elementsEqual(own))
        let sent = server.types("client")
        let config = try #require(sent.firstIndex(of: "session.update"))
        let audio = try #require(sent.firstIndex(of: "input_audio_buffer.append"))
        #expect(config < audio)
    }
}
