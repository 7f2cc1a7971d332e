import BadEvents
import Control
import Foundation
import JSON
import Testing

/// A server that sends what no server should: the session goes on where the protocol lets it.
@Suite(.serialized) struct AssistantBadInputTests {
    private func holdATurn(_ story: Story, _ client: ControlClient, _ program: AudioProgram) throws
    {
        let before = story.all("turn_done").count
        let ear = program.listen()
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Hello"])
        try story.until("turn_done", count: before + 1)
        let ended = ContinuousClock.now + .seconds(20)
        var heard: [Int16] = []
        while heard.count < 24 * 440, ContinuousClock.now < ended {
            usleep(20_000)
            let samples = ear.samples
            heard =
                samples.firstIndex { abs($0) > 100 }.map { Array(samples[max(0, $0 - 480)...]) }
                ?? []
        }
        ear.stop()
        #expect(try Speech.find(heard, ms: 380).correlation > 0.98)
    }

    private func states(_ story: Story) -> [String] {
        story.all("session_state").compactMap { $0["data"]?["state"]?.stringValue }
    }

    /// RFC 6455 section 8.1: the connection must be failed, with 1007; the session makes another.
    @Test(arguments: [("garbled_at", "1007"), ("oversized_at", "1009")])
    func whatBreaksTheProtocolCostsTheConnectionOnly(_ fault: String, _ code: String) throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url([fault: "input_audio_buffer.clear", "times": "1", "say_ms": "400"]),
            reconnect: ["initialMs": 20])
        let story = Story(client)
        _ = try client.call(
            "session.sendEvent", ["session": "line", "event": ["type": "input_audio_buffer.clear"]])
        let lost = try story.until("session_state") { $0["data"]?["state"] == "reconnecting" }
        #expect(lost["data"]?["code"] == "protocol_violation", "\(lost)")
        #expect(lost["data"]?["reason"]?.stringValue?.contains(code) == true, "\(lost)")
        try story.until("session_state") { $0["data"]?["state"] == "connected" }
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        try holdATurn(story, client, program)
        #expect(!story.events.contains { $0["data"]?["type"] == "fake.garbled" })
    }

    @Test func eventsInFragmentsOfOneByteAreWhole() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url(["fragments_at": "session.update", "say_ms": "400"]))
        let story = Story(client)
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        try holdATurn(story, client, program)
        #expect(states(story) == ["connecting", "connected"])
        // What was sent is what appears, byte for byte but for the sound.
        let raw = story.all("transport_event").compactMap { $0["data"]?["type"]?.stringValue }
        #expect(raw.contains("session.updated"))
        #expect(raw == Array(server.types("server").prefix(raw.count)))
    }

    @Test func everyMalformedEventAppearsAndTheSessionGoesOn() throws {
        let server = try FakeServerUnderTest()
        var lines = BadEvents.names.flatMap { name in
            BadEvents.variants(of: name).map { JSONValue.object($0).serialized() }
        }
        // Answers that never end would keep the next from being asked for.
        lines.append(#"{"type":"response.done","response":{}}"#)
        lines.append(#"{"type":"fake.end"}"#)
        let script = "\(server.directory)/script"
        try lines.joined(separator: "\n").write(toFile: script, atomically: true, encoding: .utf8)
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url([
                "script_at": "input_audio_buffer.clear", "script": script, "say_ms": "400",
            ]))
        let story = Story(client)
        try story.until("session_state") { $0["data"]?["state"] == "connected" }
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        let host = daemon.hosts(of: "openai-websocket.so")
        _ = try client.call(
            "session.sendEvent", ["session": "line", "event": ["type": "input_audio_buffer.clear"]])
        try story.untilRaw("fake.end")
        let raw = story.all("transport_event").count
        let lost = story.all("lost").reduce(0) {
            $0 + Int($1["data"]?["count"]?.integerValue ?? 0)
        }
        #expect(raw + lost >= lines.count, "\(raw) of \(lines.count) appeared, \(lost) were lost")
        try holdATurn(story, client, program)
        #expect(states(story) == ["connecting", "connected"])
        #expect(daemon.hosts(of: "openai-websocket.so") == host)
    }
}
