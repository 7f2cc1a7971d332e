import Control
import Foundation
import JSON
import SoundServer
import Testing

/// The watchdog is fed while every loop moves, and not while one of them stands still.
@Suite(.serialized) struct WatchdogTests {
    /// A second: looks come every third of it.
    private func daemon(
        _ manager: FakeServiceManager, sound: PrivateSoundServer? = nil
    ) throws -> DaemonUnderTest {
        try DaemonUnderTest(
            sound: sound,
            environment: manager.environment.merging(["WATCHDOG_USEC": "1000000"]) { $1 })
    }

    private func isFed(_ message: String) -> Bool { message.contains("WATCHDOG=1") }

    /// Whether anything fed the watchdog in the next `ms`.
    private func isFed(_ manager: FakeServiceManager, forMs ms: Int) -> Bool {
        let end = ContinuousClock.now + .milliseconds(ms)
        var fed = false
        while ContinuousClock.now < end {
            if manager.listen(ms: 50).contains(where: isFed) { fed = true }
        }
        return fed
    }

    @Test func anIdleDaemonIsAlive() throws {
        let manager = try FakeServiceManager()
        let daemon = try daemon(manager)
        var place = 0
        for _ in 0..<5 {
            place = try manager.wait(for: "the watchdog", after: place, where: isFed) + 1
        }
        withExtendedLifetime(daemon) {}
    }

    /// The pulse thread holds its lock while it works, and not while it waits.
    @Test(arguments: [("engine", "any"), ("pulse", "waits"), ("pulse", "works")])
    func aFrozenThreadIsNotFedFor(_ thread: String, when moment: String) throws {
        let sound = try PrivateSoundServer.start()
        let manager = try FakeServiceManager()
        let daemon = try daemon(manager, sound: sound)
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            ["transport": "loopback", "local": ["kind": "devices"], "wait": true])
        _ = try client.call(
            "sessions.create",
            ["transport": "loopback", "local": ["kind": "stream"], "wait": true])
        #expect(isFed(manager, forMs: 3_000), "sound moves; the daemon said:\n\(daemon.log)")

        let freeze = try Freeze(
            process: daemon.process.processIdentifier, thread: thread, when: moment)
        try daemon.until("the log says what stands still") {
            daemon.log.contains("stands still") || !daemon.process.isRunning
        }
        manager.listen()
        #expect(!isFed(manager, forMs: 1_500), "the daemon said:\n\(daemon.log)")
        #expect(
            manager.messages.contains { $0.contains("STATUS=STUCK: ") && $0.contains(thread) },
            "\(manager.messages)")
        // Reading the configuration again changes nothing about it.
        let before = manager.messages.count
        _ = try client.call("gateway.reload")
        _ = try manager.wait(for: "ready again", after: before) {
            $0.contains("READY=1") && $0.contains("STATUS=STUCK: ")
        }
        freeze.end()
        try daemon.until("everything moves again") { daemon.log.contains("everything moves again") }
        _ = try manager.wait(for: "food", after: manager.messages.count, where: isFed)
    }

    @Test func aFrozenControlThreadFeedsNothing() throws {
        let manager = try FakeServiceManager()
        let daemon = try daemon(manager)
        _ = try manager.wait(for: "the watchdog", where: isFed)
        let freeze = try Freeze(process: daemon.process.processIdentifier, thread: "parleyd")
        manager.listen()
        #expect(!isFed(manager, forMs: 1_500))
        freeze.end()
        _ = try manager.wait(for: "food", after: manager.messages.count, where: isFed)
    }

    @Test func aHungHostIsDealtWithAndThenForgotten() throws {
        let manager = try FakeServiceManager()
        let daemon = try daemon(manager)
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            ["transport": "loopback", "local": ["kind": "stream"], "wait": true])
        let host = try #require(
            daemon.hosts(of: "loopback.so").first)
        kill(host, SIGSTOP)
        // Work for it, so that its silence can be noticed.
        _ = try? client.call("session.interrupt", ["session": "s1"])
        try daemon.until("the host counts as hung") {
            daemon.log.contains("did not answer for 2 s")
        }
        try daemon.until("the session is back") {
            try client.call("sessions.get", ["session": "s1"])["state"] == "connected"
        }
        _ = try manager.wait(for: "food", after: manager.messages.count, where: isFed)
    }

    /// The spawner is asked for nothing but what the ends of hosts show.
    @Test func aStoppedSpawnerIsNoticedWhenAHostEnds() throws {
        let manager = try FakeServiceManager()
        let daemon = try daemon(manager)
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            ["transport": "loopback", "local": ["kind": "stream"], "wait": true])
        let host = try #require(daemon.hosts(of: "loopback.so").first)
        let status = try String(contentsOfFile: "/proc/\(host)/status", encoding: .utf8)
        let spawner = try #require(
            status.firstMatch(of: /PPid:\s+(\d+)/).flatMap { pid_t(String($0.1)) })
        kill(spawner, SIGSTOP)
        defer { kill(spawner, SIGCONT) }
        kill(host, SIGKILL)
        try daemon.until("the log says what stands still") {
            daemon.log.contains("stands still, so the watchdog is not fed: host of loopback")
        }
        manager.listen()
        #expect(!isFed(manager, forMs: 1_500), "the daemon said:\n\(daemon.log)")
        kill(spawner, SIGCONT)
        try daemon.until("everything moves again") { daemon.log.contains("everything moves again") }
    }
}

/// One thread of a process, stopped until the end of this.
private final class Freeze {
    private let process = Process()
    private let input = Pipe()

    /// - Parameter moment: "waits" in poll(2), "works" elsewhere, or "any".
    init(process target: Int32, thread: String, when moment: String = "any") throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Fixtures/freeze.py").path,
            "\(target)", thread, moment,
        ]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let word = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard word.hasPrefix("frozen") else {
            throw DaemonUnderTest.Failure(
                description: "the thread can't be stopped: ptrace(2) needs the same user, and root "
                    + "for a process that forbids it: \(word)")
        }
    }

    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    deinit { if process.isRunning { end() } }
}
