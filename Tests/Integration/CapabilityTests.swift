import Control
import Foundation
import JSON
import Testing

/// Plugins that can do little, and plugins that can be called.
@Suite(.serialized) struct CapabilityTests {
    /// The example in C can echo and stop, and nothing else.
    @Test func whatAPluginCantDoIsRefusedByTheNameOfTheCapability() throws {
        let daemon = try DaemonUnderTest()
        try daemon.add("delay", DaemonUnderTest.example, ["-DVERSION=\"1.0.0\""])
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            ["transport": "delay", "name": "line", "wait": true, "local": ["kind": "stream"]])
        let commands: [(String, JSONObject, String)] = [
            ("sendEvent", ["event": ["type": "x"]], "raw_events"),
            ("sendMessage", ["message": "hello"], "messages"),
            ("addImage", ["image": "data:image/png;base64,AA=="], "images"),
            ("requestResponse", [:], "turn_events"),
            ("updateSessionConfig", ["config": ["voice": "x"]], "update_config"),
            ("sendFunctionCallOutput", ["callId": "c", "output": "o"], "tools"),
            ("sendMcpResponse", ["approvalRequestId": "a", "approved": true], "mcp"),
            ("resetHistory", ["history": []], "history_edit"),
            ("sendDtmf", ["digits": "1"], "dtmf"),
            ("pushToTalk", ["pressed": true], "commit_audio"),
            ("sendAudio", ["audio": "AAAAAA==", "commit": true], "commit_audio"),
        ]
        for (name, parameters, capability) in commands {
            var all = parameters
            all["session"] = "line"
            let error = try refusal(of: "session.\(name)", all, client)
            let message = error["message"]?.stringValue ?? ""
            #expect(error["code"] == -32_000, "\(name): \(error)")
            #expect(error["data"]?["code"] == "not_supported", "\(name): \(error)")
            #expect(error["data"]?["capability"]?.stringValue == capability, "\(name): \(error)")
            #expect(message.contains(capability) && message.contains("delay"), "\(message)")
        }
        let sent = try client.call("sessions.get", ["session": "line"])["statistics"]?["framesSent"]
        #expect(sent == 0, "a clip that can't be committed is not sent either")
        // What the daemon can do itself it does, and a command it can do goes through.
        _ = try client.call("session.interrupt", ["session": "line"])
        _ = try client.call("session.mute", ["session": "line", "muted": true])
        _ = try client.call("session.sendAudio", ["session": "line", "audio": "AAAAAA=="])
        #expect(try client.call("sessions.get", ["session": "line"])["state"] == "connected")
    }

    @Test func everyCallerOfAListenerBecomesASessionOfItsOwn() throws {
        let daemon = try DaemonUnderTest()
        try daemon.add("switchboard", DaemonUnderTest.fixture("switchboard"))
        let client = try daemon.client()
        let watcher = try daemon.client()
        _ = try client.call(
            "sessions.create",
            [
                "transport": "switchboard", "name": "desk", "wait": true,
                "local": ["kind": "stream", "rate": 16_000],
            ])
        let desk = try client.call("sessions.get", ["session": "desk"])["session"] ?? .null
        _ = try watcher.call(
            "events.subscribe",
            ["types": ["session_created", "session_closed", "session_state", "transport_event"]])
        func call() throws -> JSONValue {
            _ = try client.call("session.sendDtmf", ["session": "desk", "digits": "1"])
            let created = try DaemonUnderTest.event("session_created", from: watcher)
            #expect(created["data"]?["parent"] == desk)
            #expect(created["data"]?["local"]?["rate"] == 16_000, "the listener is the template")
            let child = created["session"] ?? .null
            _ = try DaemonUnderTest.event("session_state", from: watcher) {
                $0["session"] == child && $0["data"]?["state"] == "connected"
            }
            return child
        }
        let first = try call()
        let answered = try DaemonUnderTest.event("transport_event", from: watcher)
        #expect(answered["data"]?["call"] == "call-1" && answered["session"] == first)
        let second = try call()
        #expect(first != second)

        // A caller who hangs up takes nobody along.
        _ = try? client.call("session.sendDtmf", ["session": first, "digits": "0"])
        let closed = try DaemonUnderTest.event("session_closed", from: watcher)
        #expect(closed["session"] == first && closed["data"]?["parent"] == desk)
        #expect(try sessions(client) == [desk, second])

        // A listener who leaves lets those talk on who are in a call.
        _ = try client.call("sessions.close", ["session": desk])
        #expect(try sessions(client) == [second])
        #expect(try client.call("sessions.get", ["session": second])["state"] == "connected")
        _ = try client.call("sessions.close", ["session": second])
        #expect(try sessions(client) == [])
    }

    // MARK: Callers that are none

    enum Pretender: CaseIterable, Sendable { case withoutCapability, withoutListening }

    @Test(arguments: Pretender.allCases)
    func aCallIsTakenOnlyWhereASessionListens(_ pretender: Pretender) throws {
        let daemon = try DaemonUnderTest()
        let flags =
            switch pretender {
            case .withoutCapability: "-DCAPABILITIES=PARLEY_CAN_DTMF"
            case .withoutListening: "-DLISTENS=0"
            }
        try daemon.add("switchboard", DaemonUnderTest.fixture("switchboard"), [flags])
        let client = try daemon.client()
        let desk = try listen(client)
        _ = try client.call("session.sendDtmf", ["session": "desk", "digits": "1"])
        try daemon.until("the call is refused") {
            daemon.log.contains("a call was not taken")
        }
        #expect(try sessions(client) == [desk])
    }

    /// And a mute of a listener, which has no sound to wait for, costs nobody his call.
    @Test func callersOfAMutedListenerAreMuted() throws {
        let daemon = try DaemonUnderTest()
        try daemon.add("switchboard", DaemonUnderTest.fixture("switchboard"))
        let client = try daemon.client()
        let desk = try listen(client)
        _ = try client.call("events.subscribe", ["types": ["session_created", "session_state"]])
        func call() throws -> JSONValue {
            _ = try client.call("session.sendDtmf", ["session": "desk", "digits": "1"])
            return try DaemonUnderTest.event("session_created", from: client)
        }
        let first = try call()
        #expect(first["data"]?["muted"] == ["input": false, "output": false])
        for direction in ["input", "output"] {
            _ = try client.call(
                "session.mute",
                ["session": "desk", "muted": true, "direction": .string(direction)])
        }
        let second = try call()
        #expect(second["data"]?["muted"] == ["input": true, "output": true])
        _ = try DaemonUnderTest.event("session_state", from: client) {
            $0["session"] == second["session"] && $0["data"]?["state"] == "connected"
        }
        #expect(try sessions(client) == [desk, first["session"], second["session"]])
        for session in try client.call("sessions.list")["sessions"]?.arrayValue ?? [] {
            #expect(session["state"] == "connected")
        }
        #expect(!daemon.log.contains("did not confirm a mute"))
    }

    @Test func theCallersOfOneListenerHaveALimit() throws {
        let daemon = try DaemonUnderTest()
        try daemon.add("switchboard", DaemonUnderTest.fixture("switchboard"))
        let client = try daemon.client()
        _ = try listen(client)
        // The plugin tells of a call before it answers.
        for _ in 0..<66 {
            _ = try client.call("session.sendDtmf", ["session": "desk", "digits": "1"])
        }
        #expect(try sessions(client).count == 1 + 64)
    }

    private func listen(_ client: ControlClient) throws -> JSONValue {
        try client.call(
            "sessions.create",
            [
                "transport": "switchboard", "name": "desk", "wait": true,
                "local": ["kind": "stream"],
            ])["session"] ?? .null
    }

    private func sessions(_ client: ControlClient) throws -> [JSONValue] {
        (try client.call("sessions.list")["sessions"]?.arrayValue ?? []).compactMap {
            $0["session"]
        }
    }

    /// The whole error, of which the client keeps a part only.
    private func refusal(
        of method: String, _ parameters: JSONObject, _ client: ControlClient
    ) throws -> JSONValue {
        let request: JSONValue = [
            "jsonrpc": "2.0", "id": 1, "method": .string(method), "params": .object(parameters),
        ]
        try client.sendRaw(Array("\(request.serialized())\n".utf8))
        let answer = try client.receive(deadlineNs: nil)
        return try #require(answer["error"], "\(method) was done: \(answer)")
    }
}
