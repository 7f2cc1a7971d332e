import Control
import Foundation
import JSON
import SoundServer
import Testing

/// What breaks around the daemon, and how it lives on.
@Suite(.serialized) struct FaultTests {
    private func stream(_ options: JSONObject) -> JSONObject {
        [
            "transport": "loopback", "local": ["kind": "stream"], "wait": true,
            "options": .object(options),
            "reconnect": ["initialMs": 20, "maximumMs": 100],
        ]
    }

    @Test(arguments: ["crashAfterS", "hangAfterS"])
    func aHostThatDiesIsReplacedAndTheSessionReconnects(_ fault: String) throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        _ = try client.call("events.subscribe", ["types": ["session_state"]])
        _ = try client.call("sessions.create", stream([fault: 0.2]))
        if fault == "hangAfterS" {
            // Hangs are noticed by work that waits. More than 100 requests a second are refused.
            _ = try DaemonUnderTest.event("session_state", from: client) {
                $0["data"]?["state"] == "connected"
            }
            try daemon.until("the hung host is noticed") {
                _ = try? client.call(
                    "session.sendMessage", ["session": "s1", "message": "hello"],
                    timeout: .seconds(40))
                return daemon.log.contains("reconnecting")
            }
        } else {
            _ = try DaemonUnderTest.event("session_state", from: client) {
                $0["data"]?["state"] == "reconnecting"
            }
        }
        _ = try DaemonUnderTest.event("session_state", from: client) {
            $0["data"]?["state"] == "connected"
        }
    }

    @Test func aHostThatHangsIsNoticedByTheSoundThatItLeavesLying() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        _ = try client.call("events.subscribe", ["types": ["session_state"]])
        _ = try client.call("sessions.create", stream(["hangAfterS": 0.2]))
        let program = try AudioProgram(daemon, request: #"{"session":"s1"}"#)
        // Ten seconds, as fast as the daemon takes them; nobody asks the host for anything else.
        program.write([Int16](repeating: 8_000, count: 240_000))
        let lost = try DaemonUnderTest.event("session_state", from: client) {
            $0["data"]?["state"] == "reconnecting"
        }
        #expect(lost["data"]?["code"] == "host_died", "\(lost)")
        _ = try DaemonUnderTest.event("session_state", from: client) {
            $0["data"]?["state"] == "connected"
        }
    }

    @Test func aPeerThatRefusesLeavesNoSession() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        #expect {
            try client.call("sessions.create", stream(["refuse": "the line is busy"]))
        } throws: { error in
            "\(error)".contains("the line is busy")
        }
        #expect(try client.call("sessions.list")["sessions"] == [])
    }

    @Test func theSoundServerMayDieAndComeBack() throws {
        let sound = try PrivateSoundServer.start()
        try sound.pactl("set-default-sink", "speaker")
        try sound.pactl("set-default-source", "microphone")
        let daemon = try DaemonUnderTest(sound: sound)
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create", ["transport": "loopback", "name": "echo", "wait": true])
        func isRunning() throws -> Bool {
            let local = try client.call("sessions.get", ["session": "echo"])["local"]
            return local?["source"]?["state"] == "running" && local?["sink"]?["state"] == "running"
        }
        try daemon.until("both devices run", isRunning)
        for round in 1...3 {
            sound.kill9()
            try daemon.until("the outage is known") { try !isRunning() }
            let session = try client.call("sessions.get", ["session": "echo"])
            #expect(session["state"] == "connected", "round \(round)")
            try sound.start()
            try sound.pactl("set-default-sink", "speaker")
            try sound.pactl("set-default-source", "microphone")
            try daemon.until("both devices run again", isRunning)
        }
        let status = try client.call("gateway.status")
        #expect(status["soundServer"]?["outages"] == 3)
        #expect(status["health"]?["ok"] == true, "\(status["health"] ?? .null)")
    }

    @Test func aSessionWaitsForASoundServerThatIsNotThereYet() throws {
        let sound = try PrivateSoundServer()
        let daemon = try DaemonUnderTest(sound: sound)
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create", ["transport": "loopback", "name": "echo", "wait": true])
        let status = try client.call("gateway.status")
        #expect(status["health"]?["ok"] == false)
        try sound.start()
        try daemon.until("both devices run") {
            let local = try client.call("sessions.get", ["session": "echo"])["local"]
            return local?["source"]?["state"] == "running" && local?["sink"]?["state"] == "running"
        }
    }
}
