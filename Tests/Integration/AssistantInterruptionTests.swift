import Control
import Foundation
import JSON
import SoundServer
import Testing

/// Barge-in: the answer stops, and the server learns how much of it was heard.
@Suite(.serialized) struct AssistantInterruptionTests {
    enum Way: String, CaseIterable, Sendable {
        /// The whole answer is there long before it is heard.
        case whenAllIsGenerated
        /// The server still generates, and goes on for a while after it was told to stop.
        case whileItIsGenerated
        /// The server leaves it to us to stop it.
        case whenTheServerGoesOn

        var behaviour: KeyValuePairs<String, String> {
            switch self {
            case .whenAllIsGenerated: ["say_ms": "6000", "speed": "50"]
            case .whileItIsGenerated: ["say_ms": "6000", "speed": "1.2", "late_ms": "500"]
            case .whenTheServerGoesOn: ["say_ms": "6000", "speed": "1.2", "late_ms": "300"]
            }
        }

        var config: JSONObject {
            guard self == .whenTheServerGoesOn else { return [:] }
            return [
                "audio": [
                    "input": [
                        "turn_detection": ["type": "server_vad", "interrupt_response": false]
                    ]
                ]
            ]
        }
    }

    @Test(arguments: Way.allCases) func theUsersSpeechCutsTheAnswer(_ way: Way) throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(server.url(way.behaviour), config: way.config)
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        let ear = program.listen()
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Talk."])
        try untilHeard(ms: 1_200, ear, daemon)
        program.write(Speech.user(ms: 600) + Speech.silence(ms: 800))
        let story = Story(client)
        let event = try story.until("audio_interrupted")
        // The next answer is heard to its beginning: no late sound of the first one may come into it.
        try story.until("turn_started", count: 2)
        let heardUntilNow = ear.count
        try untilHeard(ms: 1_000, ear, daemon, from: heardUntilNow - 4_800)
        try expectOneCut(event, story, server, heard: ear.samples, cause: "speech")
        guard way != .whenAllIsGenerated else { return }
        let types = server.lines.compactMap { $0["event"]?["type"]?.stringValue }
        let told = try #require(types.firstIndex(of: "conversation.item.truncate"))
        let ended = try #require(types.firstIndex(of: "response.done"))
        #expect(told < ended && types[told..<ended].contains("response.output_audio.delta"))
    }

    @Test(arguments: [Way.whenAllIsGenerated, .whileItIsGenerated])
    func aClientCutsTheAnswer(_ way: Way) throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(server.url(way.behaviour))
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        let ear = program.listen()
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Talk."])
        try untilHeard(ms: 1_200, ear, daemon)
        _ = try client.call("session.interrupt", ["session": "line"])
        let story = Story(client)
        let event = try story.until("audio_interrupted")
        try daemon.until("silence is heard") {
            let samples = ear.samples
            return samples.count - loud(samples, from: 0).upperBound > 7_200
        }
        // Twice is once.
        _ = try client.call("session.interrupt", ["session": "line"])
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Go on."])
        try story.until("turn_started", count: 2)
        try untilHeard(ms: 1_000, ear, daemon, from: ear.count)
        try expectOneCut(event, story, server, heard: ear.samples, cause: "client")
    }

    @Test func onADeviceTheLoudspeakerFallsSilent() throws {
        let sound = try PrivateSoundServer.start()
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest(sound: sound)
        let client = try daemon.converse(
            server.url(["say_ms": "6000", "speed": "50"]), local: DaemonUnderTest.devices)
        try daemon.untilRunning("line", client)
        let recording = try sound.record()
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Talk."])
        try daemon.until("a second of the answer is heard") {
            loud(recording.samples.map { Int16($0 * 32_000) }, from: 0).count > 48_000
        }
        let playing = try sound.play(
            Signal.lowPassed(Signal.noise(seconds: 0.8)) + [Float](repeating: 0, count: 48_000))
        let story = Story(client)
        let event = try story.until("audio_interrupted")
        try story.until("transport_event") {
            $0["data"]?["type"] == "conversation.item.truncated"
        }
        playing.wait()
        let heardMs = try #require(event["data"]?["heardMs"]?.integerValue)
        let heard = recording.stop().map { Int16(max(-1, min(1, $0)) * 32_000) }
        let cut = loud(heard, from: 0, gap: 14_400)
        let ms = Double(cut.count) / 48
        #expect(abs(Double(heardMs) - ms) < 60, "told \(heardMs) ms, the room got \(ms)")
        let told = try #require(server.events("client", "conversation.item.truncate").first)
        #expect(told["audio_end_ms"] == .integer(heardMs))
        #expect(story.all("error").isEmpty)
    }

    // MARK: Looks

    /// From the first sample that is heard to the last before a gap of so many samples.
    private func loud(_ samples: [Int16], from start: Int, gap: Int = 4_800) -> Range<Int> {
        var range = start..<start
        for index in start..<samples.count where abs(samples[index]) > 30 {
            if range.isEmpty {
                range = index..<(index + 1)
            } else if index - range.upperBound > gap {
                return range
            } else {
                range = range.lowerBound..<(index + 1)
            }
        }
        return range
    }

    private func untilHeard(
        ms: Int, _ ear: AudioProgram.Ear, _ daemon: DaemonUnderTest, from start: Int = 0
    ) throws {
        try daemon.until("\(ms) ms of the answer are heard") {
            loud(ear.samples, from: start).count >= 24 * ms
        }
    }

    /// One interruption, told and heard alike, and a truncation that the server took.
    private func expectOneCut(
        _ event: JSONValue, _ story: Story, _ server: FakeServerUnderTest, heard: [Int16],
        cause: String
    ) throws {
        let data = event["data"]
        let heardMs = try #require(data?["heardMs"]?.integerValue)
        #expect(data?["cause"]?.stringValue == cause)
        #expect(data?["contentIndex"] == 0)
        let told = server.events("client", "conversation.item.truncate")
        #expect(told.count == 1, "\(told)")
        let truncation = try #require(told.first)
        #expect(truncation["item_id"] == data?["itemId"])
        #expect(truncation["content_index"] == 0)
        let endMs = try #require(truncation["audio_end_ms"]?.integerValue)
        #expect(endMs <= heardMs + 10)
        #expect(endMs > heardMs - 50)

        let cut = loud(heard, from: 0)
        let ms = Double(cut.count) / 24
        #expect(abs(Double(heardMs) - ms) < 60, "told \(heardMs) ms, the program got \(ms)")
        // What comes behind the silence is the beginning of the next answer, and nothing of the first.
        let rest = Array(heard[cut.upperBound...].dropFirst())
        let next = try Speech.find(rest, ms: 800)
        #expect(next.correlation > 0.99, "\(next)")

        #expect(story.all("audio_interrupted").count == 1)
        #expect(story.all("error").isEmpty, "\(story.all("error"))")
        #expect(server.events("server", "error").isEmpty, "\(server.events("server", "error"))")
        #expect(server.events("client", "response.cancel").count <= 1)
    }
}
