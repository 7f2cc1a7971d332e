import Control
import Foundation
import JSON
import Testing

/// Plugins that come, change and misbehave while the daemon runs.
@Suite(.serialized) struct PluginTests {
    @Test func aPluginIsDroppedInUsedAndReplacedWhileTheDaemonRuns() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        _ = try client.call("events.subscribe", ["types": ["transport_added", "session_state"]])
        try daemon.install(
            plugin: daemon.build(DaemonUnderTest.example, ["-DVERSION=\"1.0.0\""]), as: "example.so"
        )
        let added = try DaemonUnderTest.event("transport_added", from: client)
        let id = try #require(added["data"]?["transport"]?.stringValue)
        let create: JSONObject = [
            "transport": .string(id), "local": ["kind": "stream"], "wait": true,
        ]
        let old = try client.call("sessions.create", create)["session"] ?? .null
        try daemon.install(
            plugin: daemon.build(DaemonUnderTest.example, ["-DVERSION=\"2.0.0\""]), as: "example.so"
        )
        _ = try DaemonUnderTest.event("transport_added", from: client) {
            $0["data"]?["version"] == "2.0.0"
        }
        let new = try client.call("sessions.create", create)["session"] ?? .null
        func version(_ session: JSONValue) throws -> JSONValue? {
            try client.call("sessions.get", ["session": session])["transportVersion"]
        }
        #expect(try version(old) == "1.0.0", "a session of the old file goes on")
        #expect(try version(new) == "2.0.0")
        _ = try client.call("sessions.restart", ["session": old])
        _ = try DaemonUnderTest.event("session_state", from: client) {
            $0["session"] == old && $0["data"]?["state"] == "connected"
        }
        #expect(try version(old) == "2.0.0")
    }

    @Test func aFileThatIsNoPluginIsListedWithTheReason() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        _ = try client.call("events.subscribe", ["types": ["transport_failed"]])
        let text = "\(daemon.directory)/text"
        try "not a plugin".write(toFile: text, atomically: true, encoding: .utf8)
        try daemon.install(plugin: text, as: "text.so")
        let failed = try DaemonUnderTest.event("transport_failed", from: client)
        #expect(failed["data"]?["path"]?.stringValue?.hasSuffix("text.so") == true)
        let entries = try client.call("transports.list")["transports"]?.arrayValue ?? []
        let entry = entries.first { $0["path"]?.stringValue?.hasSuffix("text.so") == true }
        #expect(entry?["state"] == "refused")
        #expect(entry?["reason"]?.stringValue?.isEmpty == false)
    }

    @Test func aSecretIsAskedForHandedOverAndNeverShown() throws {
        let canary = "canary-\(UUID().uuidString)"
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        _ = try client.call("events.subscribe")
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "name": "s", "local": ["kind": "stream"],
                "options": ["needSecret": "apiKey"],
            ])
        let asked = try DaemonUnderTest.event("secret_needed", from: client)
        #expect(asked["data"]?["name"] == "apiKey")
        _ = try client.call(
            "session.provideSecret", ["session": "s", "name": "apiKey", "value": .string(canary)])
        var seen = ""
        while true {
            let event = try client.nextEvent(timeout: .seconds(30))
            seen += event.serialized()
            if event["data"]?["state"] == "connected" { break }
        }
        for method in ["gateway.status", "gateway.metrics", "sessions.list"] {
            seen += try client.call(method).serialized()
        }
        seen += try client.call("sessions.get", ["session": "s"]).serialized()
        #expect(daemon.end() == 0)
        #expect(!(seen + daemon.log).contains(canary))
    }
}
