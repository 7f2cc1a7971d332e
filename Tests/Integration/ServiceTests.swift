import Control
import Foundation
import JSON
import SoundServer
import Testing

/// What the daemon and a service manager tell each other.
@Suite(.serialized) struct ServiceTests {
    private static let fixtures = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures").path

    private func startSessions(_ count: Int, _ client: ControlClient) throws {
        for _ in 0..<count {
            _ = try client.call(
                "sessions.create",
                ["transport": "loopback", "local": ["kind": "stream"], "wait": true])
        }
    }

    @Test func readyMeansThatItServesAndSaysWhatIsMissing() throws {
        let manager = try FakeServiceManager()
        let daemon = try DaemonUnderTest(environment: manager.environment)
        let ready = try manager.wait(for: "ready") { $0.contains("READY=1") }
        #expect(ready == 0, "nothing before it: \(manager.messages)")
        #expect(
            manager.messages[0].contains("STATUS=no sessions; sound server: no sound server at"))
        let client = try daemon.client()
        try startSessions(1, client)
        _ = try manager.wait(for: "the session") { $0.contains("STATUS=1 session, 1 connected") }
    }

    @Test func aConnectedSoundServerIsInTheFirstStatus() throws {
        let sound = try PrivateSoundServer.start()
        let manager = try FakeServiceManager()
        let daemon = try DaemonUnderTest(sound: sound, environment: manager.environment)
        _ = try manager.wait(for: "ready") {
            $0.contains("READY=1") && $0.contains("sound server: connected to")
        }
        // What it is it tells a moment later, and nothing else happens then.
        _ = try manager.wait(for: "who the server is") {
            $0.contains(/STATUS=.*connected to .+ \d+.* at \//)
        }
        withExtendedLifetime(daemon) {}
    }

    /// One that lets in and then says nothing, as one that hangs does.
    @Test func readinessDoesNotWaitForASoundServerThatIsSilent() throws {
        let sound = try PrivateSoundServer.start()
        sound.freeze()
        let manager = try FakeServiceManager()
        let daemon = try DaemonUnderTest(sound: sound, environment: manager.environment)
        let ready = try manager.wait(for: "ready") { $0.contains("READY=1") }
        #expect(manager.messages[ready].contains("sound server: connecting"))
        sound.thaw()
        _ = try manager.wait(for: "the sound server") { $0.contains("connected to") }
        withExtendedLifetime(daemon) {}
    }

    @Test func whatFailedIsInTheStatus() throws {
        let manager = try FakeServiceManager()
        let daemon = try DaemonUnderTest(environment: manager.environment)
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "local": ["kind": "stream"],
                "options": ["refuse": "not today"],
            ])
        var place = try manager.wait(for: "the failed session") {
            $0.hasPrefix("STATUS=1 session, 0 connected; sound server: ")
                && $0.hasSuffix("; FAILED: session s1")
        }
        _ = try client.call("sessions.close", ["session": "s1"])
        place = try manager.wait(for: "it is gone", after: place) {
            $0.hasPrefix("STATUS=no sessions") && !$0.contains("FAILED")
        }
        // It dies as soon as it is connected, each time.
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "local": ["kind": "stream"],
                "options": ["crashAfterS": 0.01],
                "reconnect": ["initialMs": 10, "maximumMs": 50],
            ])
        _ = try manager.wait(for: "the failed plugin", after: place) {
            $0.hasSuffix("; FAILED: session s2; FAILED: transport loopback")
        }
    }

    @Test func reloadingIsBracketedHoweverItIsAskedFor() throws {
        let manager = try FakeServiceManager()
        let daemon = try DaemonUnderTest(environment: manager.environment)
        var place = try manager.wait(for: "ready") { $0.contains("READY=1") } + 1
        _ = try daemon.client().call("gateway.reload")
        kill(daemon.process.processIdentifier, SIGHUP)
        for _ in 0..<2 {
            place = try manager.wait(for: "reloading", after: place) {
                $0.contains("RELOADING=1\nMONOTONIC_USEC=")
            }
            place = try manager.wait(for: "ready again", after: place) { $0.contains("READY=1") }
        }
    }

    @Test func theEndIsAnnounced() throws {
        let manager = try FakeServiceManager()
        let daemon = try DaemonUnderTest(environment: manager.environment)
        try startSessions(4, try daemon.client())
        #expect(daemon.end() == 0)
        _ = try manager.wait(for: "stopping") {
            $0.contains("STOPPING=1") && $0.contains("EXTEND_TIMEOUT_USEC=")
                && $0.contains("ending 4 sessions")
        }
    }

    @Test func socketsOfTheServiceManagerAreServedAndStay() throws {
        let daemon = try DaemonUnderTest(
            wrapper: "exec python3 \(Self.fixtures)/activate.py \"$4\" "
                + "control:monitor:audio:metrics:stray \"$0\" \"$@\"")
        let run = daemon.runtimeDirectory
        let names = ["control", "monitor", "audio", "metrics"]
        func inode(_ name: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: "\(run)/\(name).sock")[
                .systemFileNumber] as? Int
        }
        let before = try names.map(inode)
        _ = try daemon.client("monitor.sock").call("gateway.info")
        #expect(daemon.log.contains("a socket named \"stray\" came from the service manager"))
        // A host must not have them, or a client of a dead daemon would wait for ever.
        try startSessions(1, try daemon.client())
        let host = try #require(daemon.hosts(of: "loopback.so").first)
        let held = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(host)/fd")
        let listening = try Self.listening(daemon, names.count)
        #expect(listening.allSatisfy { $0.hasPrefix("socket:") })
        for descriptor in held {
            let target = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(host)/fd/\(descriptor)")
            #expect(!listening.contains(target ?? ""), "a host holds \(target ?? "")")
        }
        #expect(daemon.end() == 0)
        #expect(try names.map(inode) == before, "systemd's sockets are not ours to remove")
    }

    /// The sockets that the launcher gave, as /proc/…/fd names them.
    private static func listening(_ daemon: DaemonUnderTest, _ count: Int) throws -> [String] {
        try (3..<3 + count).map {
            try FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(daemon.process.processIdentifier)/fd/\($0)")
        }
    }
}
