import Control
import Foundation
import JSON
import Testing

/// What the log lets through.
@Suite(.serialized) struct LogTests {
    /// Lines in any second: those of the daemon, and those of plugins.
    private static let daemonShare = 12
    private static let pluginShare = 8

    private let began = ContinuousClock.now

    /// What a share may have written since the test began, however slow the machine was.
    private func most(_ share: Int) -> Int {
        share * (Int((ContinuousClock.now - began) / .seconds(1)) + 1)
    }

    private func create(
        _ name: String, on transport: JSONValue, _ client: ControlClient
    ) throws {
        _ = try client.call(
            "sessions.create",
            [
                "transport": transport, "name": .string(name), "local": ["kind": "stream"],
                "wait": true,
            ])
    }

    private func lines(_ daemon: DaemonUnderTest) -> [Substring] {
        daemon.log.split(separator: "\n")
    }

    @Test func aPluginThatTalksWithoutEndHoldsBackNoLineOfTheDaemon() throws {
        let daemon = try DaemonUnderTest()
        try daemon.add("hostile", DaemonUnderTest.fixture("hostile"), ["-DCHATTER=500"])
        let client = try daemon.client()
        try create("talker", on: "hostile", client)
        try create("quiet", on: "loopback", client)
        try daemon.until("the log tells what it left out") {
            daemon.log.contains("lines of plugins were held back")
        }
        let lines = lines(daemon)
        #expect(lines.contains { $0.hasSuffix("session s1 is connected") }, "\(daemon.log)")
        #expect(lines.contains { $0.hasSuffix("session s2 is connected") }, "\(daemon.log)")
        #expect(lines.contains { $0.hasSuffix("session s1: chatter 1") })
        let count = lines.count { $0.contains("chatter") || $0.contains("of plugins were") }
        #expect(count <= most(Self.pluginShare), "\(daemon.log)")
    }

    /// It has a thread that prints until its host is killed.
    @Test func aPluginThatPrintsWithoutEndIsHeldBackAndNotHeldUp() throws {
        let daemon = try DaemonUnderTest()
        try daemon.add("hostile", DaemonUnderTest.fixture("hostile"), ["-DPRINT"])
        let client = try daemon.client()
        try create("printer", on: "hostile", client)
        try daemon.until("more than a moment's lines are held back") {
            daemon.log.components(separatedBy: "lines of plugins were held back").count > 3
        }
        try create("quiet", on: "loopback", client)
        let lines = lines(daemon)
        #expect(lines.contains { $0.hasSuffix("session s2 is connected") }, "\(daemon.log)")
        let count = lines.count {
            $0.contains("hostile printed: ") || $0.contains("of plugins were")
        }
        #expect(count <= most(Self.pluginShare), "\(daemon.log)")
        #expect(lines.contains { $0.contains("hostile printed: printed 1") }, "\(daemon.log)")
        #expect(!daemon.log.utf8.contains { $0 < 0x20 && $0 != UInt8(ascii: "\n") })
        // Still there, and it answers.
        _ = try client.call("session.interrupt", ["session": "printer"])
        #expect(
            try client.call("sessions.get", ["session": "printer"])["state"] == "connected")
    }

    @Test func whatAPluginCanCauseWithoutEndIsSaidOnceAndAsThePlugins() throws {
        let daemon = try DaemonUnderTest(
            config: """
                [transports.hostile]
                apiKey = { credential = "no-such-credential" }
                """)
        let schema =
            #""{\"type\":\"object\",\"properties\":{\"apiKey\":{\"type\":\"string\",\"x-secret\":true}}}""#
        try daemon.add(
            "hostile", DaemonUnderTest.fixture("hostile"), ["-DNAG=1600", "-DSCHEMA=\(schema)"])
        let client = try daemon.client()
        try create("quiet", on: "loopback", client)
        try create("nag", on: "hostile", client)
        // It nagged before it was connected.
        _ = try client.call("sessions.close", ["session": "quiet"])
        let lines = lines(daemon)
        #expect(lines.count { $0.contains("which it never offered") } == 1, "\(daemon.log)")
        #expect(lines.count { $0.contains("$CREDENTIALS_DIRECTORY") } == 1, "\(daemon.log)")
        #expect(lines.contains { $0.hasSuffix("session s1 is closed") }, "\(daemon.log)")
        #expect(lines.count { $0.contains("a call was not taken") } == 1, "\(daemon.log)")
        #expect(lines.count <= most(Self.daemonShare + Self.pluginShare), "\(daemon.log)")
    }

    @Test func whatFailedStandsOutByItsLevel() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "name": "victim", "local": ["kind": "stream"],
                "wait": true, "reconnect": ["initialMs": 10, "maximumMs": 50],
            ])
        kill(try #require(daemon.hosts(of: "loopback.so").first), SIGKILL)
        try daemon.until("it is back") {
            lines(daemon).count { $0 == "parleyd: session s1 is connected" } == 2
        }
        #expect(
            lines(daemon).contains { $0.hasPrefix("parleyd: warning: session s1 is reconnecting") },
            "\(daemon.log)")
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "local": ["kind": "stream"],
                "options": ["refuse": "not today"],
            ])
        try daemon.until("it has failed") {
            lines(daemon).contains("parleyd: error: session s2 is failed: not today")
        }
    }
}
