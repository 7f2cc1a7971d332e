import Foundation
import Testing

/// Foreign programs that speak the protocols: the authority on whether ours do.
///
/// `PARLEY_TEST_PYTHON` names a Python that has the packages of `Tests/Fixtures/requirements.txt`;
/// `etc/scripts/test` makes one.
@Suite struct PeerTests {
    struct Python {
        private let path: String

        init() throws {
            path = try #require(
                ProcessInfo.processInfo.environment["PARLEY_TEST_PYTHON"],
                "run etc/scripts/test, or name a Python with Tests/Fixtures/requirements.txt")
        }

        /// - Returns: exit status and what was printed.
        func run(_ script: String, _ arguments: String...) throws -> (Int32, String) {
            let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("Fixtures")
            let process = Process()
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = [fixtures.appendingPathComponent(script).path] + arguments
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            let output = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: output, as: UTF8.self))
        }
    }

    @Test func `Autobahn's cases find no fault in the WebSocket`() throws {
        let client = "\(DaemonUnderTest.buildDirectory)/websocket-echo"
        let (status, output) = try Python().run("autobahn.py", client)
        #expect(status == 0, "\(output)")
    }

    @Test func `The openai package's client converses with the fake server`() throws {
        let fake = Process()
        fake.executableURL = URL(
            fileURLWithPath: "\(DaemonUnderTest.buildDirectory)/parley-fake-realtime")
        fake.arguments = [
            "--option", "speed=20",
            "--option", #"answers=Hello there.|call weather {"city":"Bonn"}|ask approval"#,
        ]
        let pipe = Pipe()
        fake.standardOutput = pipe
        try fake.run()
        defer {
            fake.terminate()
            fake.waitUntilExit()
        }
        let line = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        let url = line.trimmingCharacters(in: .whitespacesAndNewlines)
        let (status, output) = try Python().run("converse_with_fake.py", url)
        #expect(status == 0, "\(output)")
    }
}
