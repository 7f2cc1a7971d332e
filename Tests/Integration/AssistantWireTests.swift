import AudioCore
import Control
import FakeRealtime
import Foundation
import JSON
import SoundServer
import Testing

/// Other formats, the older dialect, and what no server should send.
@Suite(.serialized) struct AssistantWireTests {
    @Test func telephoneCodecsGoBothWays() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url(["say_ms": "1000"]),
            config: [
                "audio": [
                    "input": ["format": ["type": "audio/pcmu"]],
                    "output": ["format": ["type": "audio/pcma"]],
                ]
            ], local: ["kind": "stream", "rate": 8_000])
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        let speech = Speech.user(ms: 1_000)
        let user = stride(from: 0, to: 24_000, by: 3).map { speech[$0] }
        program.write(user + [Int16](repeating: 0, count: 8_000))
        let heard = Speech.floats(program.read(samples: 7_600))
        let voice = Array(Speech.assistant(ms: 900, rateHz: 8_000))
        let match = try #require(Signal.find(Array(voice[800...]), in: heard))
        #expect(match.correlation > 0.98, "\(match)")

        let bytes = server.soundBytes
        var said = [Float](repeating: 0, count: bytes.count)
        G711.decode(bytes, to: &said, count: bytes.count, law: .mu)
        let sent = try #require(Signal.find(Array(Speech.floats(user)[800..<7_200]), in: said))
        #expect(sent.correlation > 0.98, "\(sent)")
        #expect(Story(client).all("error").isEmpty)
    }

    @Test func theOlderDialectIsSpokenWhereTheServerDoes() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url(["dialect": "beta", "say_ms": "800", "answers": "Old words."]))
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Hello"])
        let voice = try Speech.find(program.read(samples: 19_200), ms: 780)
        #expect(voice.correlation > 0.99, "\(voice)")
        let story = Story(client)
        try story.until("turn_done", count: 1)
        #expect(story.place("audio_transcript_delta") != nil && story.place("audio_done") != nil)
        #expect(story.all("error").isEmpty)
        let update = server.events("client", "session.update").last?["session"]
        #expect(update?["input_audio_format"] == "pcm16" && update?["audio"] == nil)
        let history = try client.call("sessions.get", ["session": "line"])["history"]?.arrayValue
        let content = history?.last?["content"]?.arrayValue
        #expect(content == [["type": "output_audio", "transcript": "Old words."]])
    }

    @Test(arguments: ["malformed_at", "huge_at"])
    func whateverTheServerSendsTheSessionGoesOn(_ fault: String) throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url([fault: "conversation.item.create", "say_ms": "600"]))
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Hello"])
        let voice = try Speech.find(program.read(samples: 14_400), ms: 580)
        #expect(voice.correlation > 0.99, "\(voice)")
        let story = Story(client)
        try story.until("turn_done", count: 1)
        if fault == "huge_at" {
            let event = try #require(story.placeOfRaw("fake.huge"), "\(story.types)")
            #expect(story.events[event]["data"]?["truncated"] == true)
            #expect((story.events[event]["data"]?["bytes"]?.integerValue ?? 0) > 16_000_000)
        } else {
            #expect(story.placeOfRaw("fake.unknown") != nil, "\(story.types)")
            // What lacks a type, or has a strange one, is raw all the same.
            #expect(story.all("transport_event").contains { $0["data"] == ["type": 7] })
            #expect(story.placeOfRaw("response.done") != story.place("turn_done"))
        }
        let session = try client.call("sessions.get", ["session": "line"])
        #expect(session["state"] == "connected")
        #expect(story.all("session_state").count { $0["data"]?["state"] == "reconnecting" } == 0)
    }

    @Test func speechInRaggedPiecesIsWhole() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(server.url(["ragged": "yes", "say_ms": "1000"]))
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Hello"])
        let voice = try Speech.find(program.read(samples: 24_000), ms: 980)
        #expect(voice.correlation > 0.99, "\(voice)")
        #expect(
            server.events("server", "response.output_audio.delta").contains { $0["delta"] == "" })
    }
}
