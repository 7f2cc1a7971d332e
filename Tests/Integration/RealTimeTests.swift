import Control
import Foundation
import JSON
import Testing

/// Threads that move sound get real-time priority: from the kernel if the daemon has the right to it, else
/// from rtkit.
@Suite(.serialized, .enabled(if: OpenAICallsServer.python != nil, "PARLEY_TEST_PYTHON is not set"))
struct RealTimeTests {
    /// A system bus with a stand-in for rtkit on it.
    private final class Broker {
        let directory = "/tmp/parley-rtkit-\(UUID().uuidString)"
        private let process = Process()
        private let output = Pipe()

        init(refusal: String? = nil) throws {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
            process.executableURL = URL(fileURLWithPath: try #require(OpenAICallsServer.python))
            process.arguments =
                [Self.script, "\(directory)/bus"] + (refusal.map { [$0] } ?? [])
            process.standardOutput = output
            try process.run()
            try #require(line() == "ready")
        }

        private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/rtkit.py").path

        deinit {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            try? FileManager.default.removeItem(atPath: directory)
        }

        func line() -> String {
            var bytes: [UInt8] = []
            var byte: UInt8 = 0
            while read(output.fileHandleForReading.fileDescriptor, &byte, 1) == 1, byte != 10 {
                bytes.append(byte)
            }
            return String(decoding: bytes, as: UTF8.self)
        }

        /// A daemon on this bus that may not take priority by itself, as on any desktop.
        func daemon() throws -> DaemonUnderTest {
            try DaemonUnderTest(
                wrapper: """
                    prlimit --pid $$ --rtprio=0
                    exec setpriv --bounding-set -sys_nice --inh-caps -sys_nice "$0" "$@"
                    """,
                environment: ["DBUS_SYSTEM_BUS_ADDRESS": "unix:path=\(directory)/bus"])
        }
    }

    private func threads(of daemon: DaemonUnderTest, named names: Set<String>) throws -> Set<String>
    {
        let tasks = "/proc/\(daemon.process.processIdentifier)/task"
        return Set(
            try FileManager.default.contentsOfDirectory(atPath: tasks).filter { task in
                let name = try String(contentsOfFile: "\(tasks)/\(task)/comm", encoding: .utf8)
                return names.contains(name.trimmingCharacters(in: .newlines))
            })
    }

    @Test func rtkitGivesWhatTheDaemonMayNotTake() throws {
        let broker = try Broker()
        let daemon = try broker.daemon()
        let granted = [broker.line(), broker.line()].map {
            $0.split(separator: " ").map(String.init)
        }
        #expect(
            Set(granted.map { $0[0] }) == (try threads(of: daemon, named: ["engine", "pulse"])))
        #expect(granted.allSatisfy { $0[1...] == ["5", "200000"] }, "\(granted)")
        let client = try daemon.client()
        try daemon.until("the status says so") {
            try client.call("gateway.status")["realTime"] == true
        }
        // What the kernel sends at half of that limit.
        kill(daemon.process.processIdentifier, SIGXCPU)
        try daemon.until("the status says that it is lost") {
            try client.call("gateway.status")["realTime"] == false
        }
        #expect(daemon.log.contains("without real-time priority from now on"))
    }

    @Test func whatRtkitSaysIsToldWhenItRefuses() throws {
        let broker = try Broker(refusal: "not today")
        let daemon = try broker.daemon()
        try daemon.until("the log tells why") { daemon.log.contains("rtkit did not answer") }
        #expect(daemon.log.contains("not today"), "\(daemon.log)")
        #expect(try daemon.client().call("gateway.status")["realTime"] == false)
    }
}
