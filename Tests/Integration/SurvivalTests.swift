import Control
import Foundation
import JSON
import Testing

/// Reloads and deaths with sessions running; `make bench PARTS=service` does the full counts.
@Suite(.serialized) struct SurvivalTests {
    private static let local: JSONValue = ["kind": "stream"]

    @Test func reloadingTouchesNoSession() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        for _ in 0..<4 {
            _ = try client.call(
                "sessions.create",
                ["transport": "loopback", "local": Self.local, "wait": true])
        }
        _ = try client.call("events.subscribe", ["types": ["session_state"]])
        for _ in 0..<50 { _ = try client.call("gateway.reload") }
        for name in ["s1", "s2", "s3", "s4"] {
            let session = try client.call("sessions.get", ["session": .string(name)])
            #expect(session["state"] == "connected")
        }
        // Nothing happened to any of them: the first that is heard of is what is asked for now.
        _ = try client.call("sessions.close", ["session": "s3"])
        let event = try DaemonUnderTest.event("session_state", from: client)
        #expect(event["session"] == "s3" && event["data"]?["state"] == "disconnecting", "\(event)")
    }

    @Test func afterAKillTheNextStartIsCleanAndNobodyIsLeft() throws {
        let daemon = try DaemonUnderTest()
        for round in 0..<5 {
            let client = try daemon.client()
            for _ in 0..<4 {
                // Not waited for: death comes at any moment.
                _ = try client.call(
                    "sessions.create", ["transport": "loopback", "local": Self.local])
            }
            usleep(UInt32(round) * 7_000)
            let plugin = "loopback.so"
            let hosts = daemon.hosts(of: plugin)
            try daemon.killAndRestart()
            _ = try daemon.client().call("gateway.info")
            try daemon.until("the old hosts are gone") {
                Set(daemon.hosts(of: plugin)).isDisjoint(with: hosts)
            }
        }
        #expect(daemon.end() == 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: daemon.runtimeDirectory)
        #expect(left.filter { $0.hasSuffix(".sock") } == [])
    }

    /// When memory runs out, the kernel is to take a plugin first.
    @Test func hostsOfferThemselvesBeforeTheDaemon() throws {
        let daemon = try DaemonUnderTest()
        _ = try daemon.client().call(
            "sessions.create", ["transport": "loopback", "local": Self.local, "wait": true])
        func score(_ process: Int32) throws -> Int {
            let text = try String(
                contentsOfFile: "/proc/\(process)/oom_score_adj", encoding: .utf8)
            return try #require(Int(text.trimmingCharacters(in: .newlines)))
        }
        let own = try score(daemon.process.processIdentifier)
        let host = try #require(daemon.hosts(of: "loopback.so").first)
        #expect(try score(host) == min(1_000, own + 100))
    }

    @Test func aConfigurationThatCanNotBeUsedIsNotTriedAgain() throws {
        let daemon = try DaemonUnderTest()
        let other = "\(daemon.directory)/other.toml"
        try "version = 1\nnonsense = 2\n".write(toFile: other, atomically: true, encoding: .utf8)
        let second = daemon.program(["--config", other, "--runtime-directory", daemon.directory])
        second.standardError = FileHandle.nullDevice
        try second.run()
        second.waitUntilExit()
        #expect(second.terminationStatus == 78, "EX_CONFIG, as the units have it")
    }

    /// It can start no other; deaf it would be of no use, so the service manager starts it anew.
    @Test func aDaemonWithoutItsSpawnerEnds() throws {
        let daemon = try DaemonUnderTest()
        _ = try daemon.client().call(
            "sessions.create", ["transport": "loopback", "local": Self.local, "wait": true])
        let host = try #require(daemon.hosts(of: "loopback.so").first)
        let status = try String(contentsOfFile: "/proc/\(host)/status", encoding: .utf8)
        let parent = try #require(status.firstMatch(of: /PPid:\s+(\d+)/)?.1)
        kill(try #require(pid_t(parent)), SIGKILL)
        daemon.process.waitUntilExit()
        #expect(daemon.process.terminationStatus == 1)
        #expect(daemon.log.contains("parleyd ends, to be started again"), "\(daemon.log)")
        #expect(daemon.hosts(of: "loopback.so").isEmpty)
    }
}
