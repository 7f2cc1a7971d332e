import Control
import Foundation
import JSON
import Testing

/// Hosts that are killed, and sessions of other plugins beside them.
@Suite(.serialized) struct HostDeathTests {
    private func create(
        _ name: String, on transport: JSONValue, _ client: ControlClient,
        _ options: JSONObject = [:]
    ) throws {
        _ = try client.call(
            "sessions.create",
            [
                "transport": transport, "name": .string(name), "wait": true,
                "local": ["kind": "stream"], "options": .object(options),
                "reconnect": ["initialMs": 10, "maximumMs": 50],
            ])
    }

    private func kill(_ daemon: DaemonUnderTest, hostOf file: String) throws {
        try daemon.until("there is a host of \(file)") { daemon.hosts(of: file).count == 1 }
        Foundation.kill(daemon.hosts(of: file)[0], SIGKILL)
    }

    @Test func aHostThatIsKilledTenTimesDisturbsNobodyElse() throws {
        let daemon = try DaemonUnderTest()
        try daemon.add("delay", DaemonUnderTest.example, ["-DVERSION=\"1.0.0\""])
        let client = try daemon.client()
        let watcher = try daemon.client()
        try create("steady", on: "loopback", client, ["mode": "tone", "packets": true])
        try create("victim", on: "delay", client)
        let snapshot = try watcher.call("events.subscribe", ["types": ["session_state"]])
        #expect(snapshot["snapshot"] != nil)
        let program = try AudioProgram(daemon, request: #"{"session":"steady"}"#)
        _ = program.read(samples: 2_400)
        let steadyHost = daemon.hosts(of: "loopback.so")
        #expect(steadyHost.count == 1)
        let victim = try client.call("sessions.get", ["session": "victim"])["session"]
        let began = ContinuousClock.now
        var heard: [Int16] = []
        for round in 1...10 {
            try kill(daemon, hostOf: "delay.so")
            for state in ["reconnecting", "connected"] {
                let event = try DaemonUnderTest.event("session_state", from: watcher)
                #expect(event["session"] == victim, "nobody else changes")
                #expect(event["data"]?["state"]?.stringValue == state, "round \(round)")
                if state == "reconnecting" { #expect(event["data"]?["code"] == "host_died") }
            }
            // Only a host that had served for a second is started at once, ten times over.
            let connected = ContinuousClock.now
            while ContinuousClock.now - connected < .milliseconds(1_100) {
                heard += program.read(samples: 2_400)
            }
        }
        let seconds = Double((ContinuousClock.now - began) / .seconds(1))
        for start in stride(from: 0, to: heard.count - 240, by: 240) {
            #expect(heard[start..<(start + 240)].contains { abs($0) > 1_000 }, "hole at \(start)")
        }
        #expect(abs(Double(heard.count) / 24_000 - seconds) < 2, "in time: \(seconds) s")
        #expect(daemon.hosts(of: "loopback.so") == steadyHost)
        let steady = try client.call("sessions.get", ["session": "steady"])
        #expect(steady["statistics"]?["dryEvents"] == 0, "\(steady["statistics"] ?? .null)")
    }

    @Test(arguments: ["reload", "file"])
    func fiveEarlyDeathsAreAFailureUntilSomebodyActs(_ remedy: String) throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        let watcher = try daemon.client()
        _ = try watcher.call(
            "events.subscribe", ["types": ["session_state", "transport_failed"]])
        // It dies as soon as it is connected, each time.
        try create("doomed", on: "loopback", client, ["crashAfterS": 0.01])
        let began = ContinuousClock.now
        let failed = try DaemonUnderTest.event("transport_failed", from: watcher)
        #expect(failed["data"]?["transport"] == "loopback")
        #expect(failed["data"]?["reason"]?.stringValue?.contains("SIGABRT") == true)
        // 0.1, 0.2, 0.4 and 0.8 s lie between five deaths.
        #expect(ContinuousClock.now - began > .milliseconds(1_400))
        _ = try DaemonUnderTest.event("session_state", from: watcher) {
            $0["data"]?["state"] == "failed"
        }
        func state() throws -> JSONValue? {
            try client.call("transports.describe", ["transport": "loopback"])["state"]
        }
        #expect(try state() == "failed")
        let health = try client.call("gateway.status")["health"]
        #expect(health?.serialized().contains("transport loopback failed") == true)
        #expect(throws: (any Error).self) { try create("next", on: "loopback", client) }
        if remedy == "reload" {
            _ = try client.call("gateway.reload")
        } else {
            try daemon.install(
                plugin: "\(DaemonUnderTest.buildDirectory)/libloopback.so", as: "loopback.so")
        }
        try daemon.until("the plugin may be used again") { try state() == "available" }
        try create("next", on: "loopback", client)
        #expect(try client.call("sessions.get", ["session": "next"])["state"] == "connected")
        #expect(try client.call("sessions.get", ["session": "doomed"])["state"] == "failed")
    }

    @Test func aPluginThatDoesNotConfirmAMuteLosesItsHost() throws {
        let daemon = try DaemonUnderTest()
        try daemon.add("hostile", DaemonUnderTest.fixture("hostile"), ["-DHANG_AT_DROP"])
        let client = try daemon.client()
        let watcher = try daemon.client()
        try create("deaf", on: "hostile", client)
        try create("steady", on: "loopback", client)
        _ = try watcher.call("events.subscribe", ["types": ["session_state"]])
        let program = try AudioProgram(daemon, request: #"{"session":"deaf"}"#)
        program.write([Int16](repeating: 8_000, count: 24_000))
        let began = ContinuousClock.now
        let answer = try client.call("session.mute", ["session": "deaf", "muted": true])
        #expect(answer["muted"]?["input"] == true)
        #expect(ContinuousClock.now - began < .seconds(2), "it never waits for the 2 s of a hang")
        for state in ["reconnecting", "connected"] {
            let event = try DaemonUnderTest.event("session_state", from: watcher)
            #expect(event["data"]?["state"]?.stringValue == state)
            if state == "reconnecting" {
                #expect(event["data"]?["reason"]?.stringValue?.contains("mute") == true)
            }
        }
        let session = try client.call("sessions.get", ["session": "deaf"])
        #expect(session["muted"]?["input"] == true, "the new connection is as mute as the old one")
        #expect(try client.call("sessions.get", ["session": "steady"])["state"] == "connected")
    }

    @Test func aMuteWhileTheHostIsStillLoadingHarmsNobody() throws {
        let daemon = try DaemonUnderTest()
        try daemon.add("hostile", DaemonUnderTest.fixture("hostile"), ["-DSLOW_AT_LOAD"])
        let client = try daemon.client()
        _ = try client.call("events.subscribe", ["types": ["session_state"]])
        _ = try client.call(
            "sessions.create",
            ["transport": "hostile", "name": "line", "local": ["kind": "stream"]])
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        program.write([Int16](repeating: 8_000, count: 24_000))
        let answer = try client.call("session.mute", ["session": "line", "muted": true])
        #expect(answer["muted"]?["input"] == true)
        for state in ["connecting", "connected"] {
            let event = try DaemonUnderTest.event("session_state", from: client)
            #expect(event["data"]?["state"]?.stringValue == state, "\(event)")
        }
        #expect(!daemon.log.contains("did not confirm"))
    }
}
