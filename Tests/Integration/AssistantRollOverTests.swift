import Control
import Foundation
import JSON
import Testing

/// A server that ends each session after its time: the conversation goes on without a word about it.
@Suite(.serialized) struct AssistantRollOverTests {
    private func states(_ story: Story) -> [String] {
        story.all("session_state").compactMap { $0["data"]?["state"]?.stringValue }
    }

    private func untilTheFirstIsLeft(_ daemon: DaemonUnderTest, _ server: FakeServerUnderTest)
        throws
    {
        try daemon.until("the first connection is over") {
            server.lines.contains {
                $0["connection"] == 1
                    && $0["note"]?.stringValue?.hasPrefix("closed by the client: 1000") == true
            }
        }
    }

    /// Milliseconds of `voice` that neither connection heard; negative where both heard the same.
    /// Each must have heard its part without a hole.
    private func lostMs(_ voice: [Int16], _ server: FakeServerUnderTest, second: Int = 2) throws
        -> Int
    {
        let first = server.sound(connection: 1)
        let next = server.sound(connection: second)
        let firstPlace = try place(of: first, in: voice)
        let nextPlace = try place(of: next, in: voice)
        return (nextPlace.lowerBound - firstPlace.upperBound) / 24
    }

    /// Which part of a voice was heard; all of `heard` behind its silence must be it.
    private func place(of heard: [Int16], in voice: [Int16]) throws -> Range<Int> {
        let start = try #require(heard.firstIndex { $0 != 0 }, "nothing was heard")
        let key = Array(heard[start...].prefix(64))
        let found = voice.indices.first { index in
            voice[index] == key[0] && voice[index...].starts(with: key)
        }
        let place = try #require(found, "it is no part of the voice")
        let count = min(heard.count - start, voice.count - place)
        #expect(heard[start..<(start + count)].elementsEqual(voice[place..<(place + count)]))
        return place..<(place + count)
    }

    @Test func betweenTurns() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url([
                "expire_s": "12", "times": "1", "say_ms": "400", "answers": "Aye.",
            ]), options: ["rolloverS": 8])
        let story = Story(client)
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Ahoy!"])
        let ear = program.listen()
        // Quiet enough to be no turn, and like itself at one place only.
        let murmur = (Speech.user(ms: 7_000)).map { $0 / 256 }
        program.write(murmur)
        try untilTheFirstIsLeft(daemon, server)
        let items = server.events("client", "conversation.item.create", connection: 2)
        #expect(
            items.map { $0["item"]?["content"]?.arrayValue?.first?["text"] } == ["Ahoy!", "Aye."])
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Anchor!"])
        try story.until("turn_done", count: 2)
        #expect(server.events("server", "response.done", connection: 2).count == 1)
        #expect(states(story) == ["connecting", "connected"])
        #expect(story.all("error").isEmpty, "\(story.all("error"))")
        let history = try client.call("sessions.get", ["session": "line"])["history"]
        #expect(
            history?.arrayValue?.map { $0["role"] } == ["user", "assistant", "user", "assistant"])

        ear.stop()
        try daemon.until("most of the sound was sent") { server.soundBytes.count >= 48 * 6_700 }
        let lost = try lostMs(murmur, server)
        #expect(-550...20 ~= lost, "\(lost) ms of the microphone were lost")
    }

    /// The server has heard the beginning of the turn; the next one must hear all of it.
    @Test func inTheMiddleOfTheUsersTurn() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url(["expire_s": "8", "times": "1", "say_ms": "600", "heard": "All of it."]),
            options: ["rolloverS": 6])
        let story = Story(client)
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        let ear = program.listen()
        let voice = Speech.user(ms: 9_000)
        program.write(voice + Speech.silence(ms: 1_500))
        try untilTheFirstIsLeft(daemon, server)
        try story.until("turn_done", count: 1)
        #expect(server.events("server", "input_audio_buffer.speech_started").count == 2)
        #expect(server.events("server", "input_audio_buffer.committed", connection: 1).isEmpty)
        #expect(server.events("server", "input_audio_buffer.committed", connection: 2).count == 1)
        let first = server.sound(connection: 1)
        #expect(first.count > 24 * 4_000, "only \(first.count / 24) ms were said before")
        let place = try place(of: server.sound(connection: 2), in: voice)
        #expect(place.lowerBound < 24 * 100, "\(place.lowerBound / 24) ms of the turn were lost")
        #expect(place.upperBound == voice.count)
        try daemon.until("the answer is heard") {
            ear.samples.count { abs($0) > 100 } > 24 * 400
        }
        let history = try client.call("sessions.get", ["session": "line"])["history"]?.arrayValue
        #expect(history?.map { $0["role"] } == ["user", "assistant"])
        #expect(history?.first?["content"]?.arrayValue?.first?["transcript"] == "All of it.")
        #expect(states(story) == ["connecting", "connected"])
        #expect(story.all("error").isEmpty, "\(story.all("error"))")
    }

    /// All of the answer is here before it is heard: it plays on, and the user can break in.
    @Test func whileTheAssistantIsHeard() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url(["expire_s": "8", "times": "1", "say_ms": "20000", "speed": "20"]),
            options: ["rolloverS": 6])
        let story = Story(client)
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        let ear = program.listen()
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Talk."])
        try untilTheFirstIsLeft(daemon, server)
        let atChange = ear.count
        try daemon.until("a second more is heard") { ear.count > atChange + 24_000 }
        let heard = ear.samples
        let start = try #require(heard.firstIndex { abs($0) > 100 })
        let voice = try Speech.find(heard, ms: (heard.count - start) / 24 - 100)
        #expect(voice.correlation > 0.98, "\(voice)")
        program.write(Speech.user(ms: 1_000) + Speech.silence(ms: 1_000))
        let cut = try story.until("audio_interrupted")
        #expect((cut["data"]?["heardMs"]?.integerValue ?? 0) > 4_000, "\(cut)")
        try story.until("turn_done", count: 2)
        #expect(server.events("client", "conversation.item.truncate").isEmpty)
        #expect(states(story) == ["connecting", "connected"])
        #expect(story.all("error").isEmpty, "\(story.all("error"))")
    }

    /// Nobody will finish the answer: clients learn that it is over, and the next one is whole.
    @Test func inTheMiddleOfTheMakingOfAnAnswer() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url(["expire_s": "8", "times": "1", "say_ms": "20000", "speed": "1.1"]),
            options: ["rolloverS": 6])
        let story = Story(client)
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        let ear = program.listen()
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Talk."])
        let done = try story.until("turn_done", count: 1)
        #expect(done["data"]?["response"]?["status"] == "incomplete", "\(done)")
        try untilTheFirstIsLeft(daemon, server)
        #expect(story.all("audio_done").count == 1)
        try daemon.until("the beginning was heard out") {
            ear.count > 24_000 && ear.samples.suffix(7_200).allSatisfy { abs($0) < 30 }
        }
        let next = ear.count
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Go on."])
        try daemon.until("the next answer is heard") {
            ear.samples[next...].count { abs($0) > 100 } > 24_000
        }
        #expect(try Speech.find(Array(ear.samples[next...]), ms: 900).correlation > 0.98)
        let history = try client.call("sessions.get", ["session": "line"])["history"]?.arrayValue
        #expect(history?.first { $0["role"] == "assistant" }?["status"] == "incomplete")
        #expect(states(story) == ["connecting", "connected"])
        #expect(story.all("error").isEmpty, "\(story.all("error"))")
    }

    /// A key may live for minutes: the next connection has one of its own.
    @Test func theKeyIsAskedForAgain() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url(["expire_s": "12", "times": "1", "say_ms": "400"]),
            options: ["rolloverS": 10, "auth": "key"], wait: false)
        let story = Story(client)
        func provide(_ value: JSONValue) throws {
            _ = try client.call(
                "session.provideSecret", ["session": "line", "name": "apiKey", "value": value])
        }
        try story.until("secret_needed", count: 1)
        try provide("sk-canary-one")
        try story.until("session_state") { $0["data"]?["state"] == "connected" }
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        let murmur = Speech.user(ms: 6_000).map { $0 / 256 }
        program.write(murmur)
        try story.until("secret_needed", count: 2)
        // While nobody answers, the session goes on where it is.
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Hello"])
        try story.until("turn_done", count: 1)
        #expect(server.requests.count == 1)
        try provide("sk-canary-two")
        try untilTheFirstIsLeft(daemon, server)
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Hello"])
        try story.until("turn_done", count: 2)
        #expect(
            server.requests.map { $0["headers"]?["authorization"] } == [
                "Bearer sk-canary-one", "Bearer sk-canary-two",
            ])
        #expect(states(story) == ["connecting", "connected"])
        try daemon.until("all was said") {
            server.sound(connection: 2).count > 24 * 200 && server.soundBytes.count > 48 * 5_800
        }
        let lost = try lostMs(murmur, server)
        #expect(-550...20 ~= lost, "\(lost) ms of the microphone were lost")
    }

    @Test(arguments: [("refuse", "503"), ("reset_at", "session.update")])
    func theNextConnectionFailsAtFirst(_ fault: String, _ value: String) throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url([
                "expire_s": "12", "times": "1", "after": "1", "say_ms": "400", fault: value,
            ]), options: ["rolloverS": 10])
        let story = Story(client)
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        let murmur = Speech.user(ms: 7_000).map { $0 / 256 }
        program.write(murmur)
        try untilTheFirstIsLeft(daemon, server)
        #expect(server.requests.count == 3)
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Hello"])
        try story.until("turn_done", count: 1)
        #expect(server.events("server", "response.done", connection: 3).count == 1)
        #expect(states(story) == ["connecting", "connected"])
        #expect(story.all("error").isEmpty, "\(story.all("error"))")
        try daemon.until("all was said") { server.soundBytes.count > 48 * 6_800 }
        let lost = try lostMs(murmur, server, second: 3)
        #expect(-550...20 ~= lost, "\(lost) ms of the microphone were lost")
    }
}
