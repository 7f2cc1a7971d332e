import JSON
import Testing

@testable import TerminalView

@Suite("The live view's state follows the gateway's events")
struct WatchEventsTests {
    private func event(_ type: String, _ data: JSONValue, session: String? = "s1") -> JSONValue {
        var event: JSONObject = ["sequence": 1, "type": .string(type), "data": data]
        if let session { event["session"] = .string(session) }
        return .object(event)
    }

    private var state: WatchState {
        var state = WatchState()
        state.take(snapshot: [
            "soundServer": ["state": "connected"],
            "sessions": [
                ["session": "s1", "name": "echo", "transport": "loopback", "state": "connecting"]
            ],
        ])
        return state
    }

    @Test("the snapshot gives sessions and sound server")
    func snapshot() {
        #expect(state.soundServer == "connected")
        #expect(state.sessions.map(\.label) == ["echo"])
    }

    @Test("sessions come, change and go")
    func sessions() {
        var state = self.state
        state.take(event: event("session_state", ["state": "connected"]))
        #expect(state.sessions[0].state == "connected")
        state.take(
            event: event(
                "session_created", ["transport": "webrtc", "state": "connecting"], session: "s2"))
        #expect(state.sessions.map(\.id) == ["s1", "s2"])
        state.take(event: event("session_closed", [:]))
        #expect(state.sessions.map(\.id) == ["s2"])
    }

    @Test("levels are the RMS of each direction")
    func levels() {
        var state = self.state
        state.take(
            event: event(
                "levels",
                ["input": ["rmsDbfs": -20.5, "peakDbfs": -9], "output": ["rmsDbfs": -30]]))
        #expect(state.sessions[0].inputDb == -20.5)
        #expect(state.sessions[0].outputDb == -30)
    }

    @Test("speech grows as it is spoken, is replaced when known, and marked when cut off")
    func transcript() {
        var state = self.state
        state.take(event: event("audio_transcript_delta", ["itemId": "i1", "delta": "It is "]))
        state.take(event: event("audio_transcript_delta", ["itemId": "i1", "delta": "sun"]))
        #expect(state.sessions[0].transcript.map(\.text) == ["It is sun"])
        state.take(
            event: event(
                "item_update",
                [
                    "itemId": "u1", "type": "message", "role": "user",
                    "content": [["type": "input_audio", "transcript": "stop"]],
                ]))
        state.take(event: event("audio_interrupted", ["itemId": "i1", "heardMs": 300]))
        let transcript = state.sessions[0].transcript
        #expect(transcript.map(\.speaker) == ["peer", "you"])
        #expect(transcript.map(\.wasInterrupted) == [true, false])
    }

    @Test("sessions.get brings mutes and the latency budget")
    func survey() {
        var state = self.state
        state.take(session: [
            "session": "s1", "name": "echo", "transport": "loopback", "state": "connected",
            "muted": ["input": true, "output": false],
            "latencyMs": ["capture": 5, "jitterBuffer": 40.5],
        ])
        #expect(state.sessions[0].isInputMuted && !state.sessions[0].isOutputMuted)
        #expect(
            state.sessions[0].latency == [.init("capture", 5), .init("jitter buffer", 40.5)])
    }

    @Test("events that make no sense change nothing")
    func nonsense() {
        var state = self.state
        let before = state
        for type in ["levels", "session_state", "audio_transcript_delta", "item_update", "x"] {
            state.take(event: event(type, .null))
            state.take(event: event(type, ["delta": 1, "state": [], "input": "loud"]))
            state.take(event: event(type, ["state": "connected"], session: "nobody"))
        }
        state.take(event: .null)
        #expect(state == before)
    }

    @Test("as plain lines, an event has its session, its type and its facts")
    func lines() {
        #expect(
            WatchState.line(for: event("session_state", ["state": "connected"]))
                == "s1  session state  state connected")
        #expect(
            WatchState.line(for: event("audio_transcript_delta", ["delta": "a\u{1b}[1mb"]))
                == "s1  audio transcript delta  a [1mb")
    }

    @Test("JSON becomes facts and tables")
    func human() {
        let lines = HumanJSON.lines([
            "soundServer": ["state": "connected", "isPipeWire": false], "uptimeMs": 12.345,
            "sessions": [["session": "s1", "state": "a"], ["session": "s2"]], "none": nil,
            "empty": "",
        ])
        #expect(
            lines == [
                "uptime ms  12.35",
                "sound server",
                "  state         connected",
                "  is pipe wire  no",
                "sessions",
                "  SESSION  STATE",
                "  s1       a",
                "  s2       -",
            ])
    }
}
