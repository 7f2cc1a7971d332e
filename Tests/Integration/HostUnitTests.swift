import Control
import Foundation
import JSON
import Testing

/// Hosts that are started by connections to a socket, as systemd's parley-host.socket does; here by
/// systemd-socket-activate(1).
@Suite(.serialized) struct HostUnitTests {
    /// Starts hosts as systemd would, until it goes.
    private final class Activator {
        let directory: String
        var socket: String { "\(directory)/host.sock" }
        private var process = Process()

        init() throws {
            directory = "/tmp/parley-units-\(UUID().uuidString)"
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
            try start()
        }

        func start() throws {
            process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = [
                // It closes all that it inherits, which Foundation would take for its end: the shell stays.
                "-c", #"setpriv --pdeathsig KILL "$@" & wait"#, "sh", "systemd-socket-activate",
                "--accept", "--seqpacket", "--listen=\(socket)",
                // Where a debug build of a plugin finds the Swift runtime.
                "--setenv=PARLEY_LIBRARY_PATH=\(Self.swiftLibraries)",
                "\(DaemonUnderTest.buildDirectory)/parley-transport-host", "--unit",
            ]
            process.standardError = FileHandle.nullDevice
            try process.run()
            for _ in 0..<1_000 where !FileManager.default.fileExists(atPath: socket) {
                usleep(10_000)
            }
        }

        /// Hosts live on.
        func stop() {
            // Nothing milder: the threads of tests hold signals back, and so do their children.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            try? FileManager.default.removeItem(atPath: socket)
        }

        deinit {
            stop()
            try? FileManager.default.removeItem(atPath: directory)
        }

        private static var swiftLibraries: String {
            let line = DaemonUnderTest.maps(of: getpid()).split(separator: "\n")
                .first { $0.hasSuffix("/libswiftCore.so") }
            let path = line?.split(separator: " ").last.map(String.init) ?? "/usr/lib/x"
            return URL(fileURLWithPath: path).deletingLastPathComponent().path
        }
    }

    private func create(_ transport: JSONValue, _ client: ControlClient) throws {
        _ = try client.call(
            "sessions.create",
            [
                "transport": transport, "name": "s", "wait": true, "local": ["kind": "stream"],
                "reconnect": ["initialMs": 10, "maximumMs": 50],
            ])
    }

    @Test func aHostInAUnitServesIsKilledAndReplaced() throws {
        let activator = try Activator()
        let daemon = try DaemonUnderTest(arguments: ["--host-socket", activator.socket])
        let client = try daemon.client()
        try create("loopback", client)
        let program = try AudioProgram(daemon, request: #"{"session":"s","continuous":true}"#)
        #expect(program.read(samples: 2_400).count == 2_400)
        _ = try client.call("events.subscribe", ["types": ["session_state"]])
        let host = try #require(daemon.hosts(of: "loopback.so").first)
        kill(host, SIGKILL)
        let lost = try DaemonUnderTest.event("session_state", from: client)
        #expect(lost["data"]?["code"] == "host_died")
        #expect(lost["data"]?["reason"]?.stringValue?.contains("parley-host@") == true, "\(lost)")
        let back = try DaemonUnderTest.event("session_state", from: client)
        #expect(back["data"]?["state"] == "connected")
        let next = try #require(daemon.hosts(of: "loopback.so").first)
        #expect(next != host)
        // With the daemon its hosts go, whatever they do.
        #expect(daemon.end() == 0)
        let end = ContinuousClock.now + .seconds(60)
        while !daemon.hosts(of: "loopback.so").isEmpty, ContinuousClock.now < end { usleep(10_000) }
        #expect(daemon.hosts(of: "loopback.so").isEmpty)
    }

    /// Nobody in it can do anything any more: it is the kernel that ends it.
    @Test func aHostInAUnitThatIsStoppedIsReplaced() throws {
        let activator = try Activator()
        let daemon = try DaemonUnderTest(arguments: ["--host-socket", activator.socket])
        let client = try daemon.client()
        try create("loopback", client)
        let host = try #require(daemon.hosts(of: "loopback.so").first)
        kill(host, SIGSTOP)
        // Work for it, so that its silence can be noticed.
        _ = try? client.call("session.interrupt", ["session": "s"])
        try daemon.until("another host is there") {
            let hosts = daemon.hosts(of: "loopback.so")
            return !hosts.isEmpty && !hosts.contains(host)
        }
        try daemon.until("the session is back") {
            try client.call("sessions.get", ["session": "s"])["state"] == "connected"
        }
    }

    @Test func aHostInAUnitThatHangsIsEnded() throws {
        let activator = try Activator()
        let daemon = try DaemonUnderTest(arguments: ["--host-socket", activator.socket])
        try daemon.add("hostile", DaemonUnderTest.fixture("hostile"), ["-DHANG_AT_DROP"])
        let client = try daemon.client()
        try create("hostile", client)
        let host = try #require(daemon.hosts(of: "hostile.so").first)
        let program = try AudioProgram(daemon, request: #"{"session":"s"}"#)
        program.write([Int16](repeating: 8_000, count: 24_000))
        _ = try client.call("session.mute", ["session": "s", "muted": true])
        try daemon.until("the host that hangs is gone") {
            !daemon.hosts(of: "hostile.so").contains(host)
        }
    }

    @Test func aHostilePluginInAUnitReachesNothing() throws {
        let activator = try Activator()
        let daemon = try DaemonUnderTest(arguments: ["--host-socket", activator.socket])
        let host = try Prisoner.reachesNothing(of: daemon)
        let keeper = try #require(pid_t(DaemonUnderTest.status(of: host)["PPid"] ?? ""))
        #expect(DaemonUnderTest.status(of: keeper)["Name"] == "parley-keeper")
        #expect(DaemonUnderTest.status(of: keeper)["NoNewPrivs"] == "1")
        let filters = try [getpid(), keeper, host].map { try DaemonUnderTest.filters(of: $0) }
        #expect(filters.dropFirst().map { $0 - filters[0] } == [1, 1])
    }

    /// What tells the kernel of the daemon's hang-up is not in the plugin's process.
    @Test func aPluginInAUnitThatWouldOutliveItsEndIsEnded() throws {
        let activator = try Activator()
        let daemon = try DaemonUnderTest(arguments: ["--host-socket", activator.socket])
        try daemon.add("hostile", DaemonUnderTest.fixture("hostile"), ["-DESCAPE_AT_DROP"])
        let client = try daemon.client()
        try create("hostile", client)
        let host = try #require(daemon.hosts(of: "hostile.so").first)
        let keeper = try #require(pid_t(DaemonUnderTest.status(of: host)["PPid"] ?? ""))
        _ = try client.call("session.mute", ["session": "s", "muted": true])
        try daemon.until("the host and its keeper are gone") {
            !DaemonUnderTest.isRunning(host) && !DaemonUnderTest.isRunning(keeper)
        }
    }

    /// The kernel ends the host when nobody can do so any more.
    @Test func aHostInAUnitEndsWithItsKeeper() throws {
        let activator = try Activator()
        let daemon = try DaemonUnderTest(arguments: ["--host-socket", activator.socket])
        let client = try daemon.client()
        try create("loopback", client)
        let host = try #require(daemon.hosts(of: "loopback.so").first)
        let keeper = try #require(pid_t(DaemonUnderTest.status(of: host)["PPid"] ?? ""))
        kill(host, SIGSTOP)
        kill(keeper, SIGKILL)
        try daemon.until("another host is there") {
            !DaemonUnderTest.isRunning(host)
                && daemon.hosts(of: "loopback.so").contains { $0 != host }
        }
    }

    /// A socket that is away for a while is nobody's fault.
    @Test func hostsComeBackWithTheSocketOfTheirUnits() throws {
        let activator = try Activator()
        let daemon = try DaemonUnderTest(arguments: ["--host-socket", activator.socket])
        let client = try daemon.client()
        try create("loopback", client)
        _ = try client.call("events.subscribe", ["types": ["session_state"]])
        activator.stop()
        kill(try #require(daemon.hosts(of: "loopback.so").first), SIGKILL)
        _ = try DaemonUnderTest.event("session_state", from: client) {
            $0["data"]?["reason"]?.stringValue?.contains("parley-host.socket") == true
                && $0["data"]?["state"] == "reconnecting"
        }
        try daemon.install(
            plugin: daemon.build(DaemonUnderTest.fixture("hostile")), as: "hostile.so")
        try daemon.until("the new plugin can't be looked into") {
            daemon.log.contains("hostile.so: no transport host can be started")
        }

        try activator.start()
        _ = try DaemonUnderTest.event("session_state", from: client) {
            $0["data"]?["state"] == "connected"
        }
        try daemon.until("the new plugin is served") {
            let answer = try? client.call("transports.describe", ["transport": "hostile"])
            return answer?["state"] == "available"
        }
    }
}
