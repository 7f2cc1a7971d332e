import Foundation
import JSON
import Testing

/// `Tests/Fixtures/openai_calls.py`, ended by its own process id with the object, and what it saw.
final class OpenAICallsServer {
    /// A Python that has the packages of `Tests/Fixtures/requirements.txt`.
    static let python = ProcessInfo.processInfo.environment["PARLEY_TEST_PYTHON"]

    private let process = Process()
    private let file: String
    let url: String

    init() throws {
        file = "/tmp/parley-calls-\(UUID().uuidString)"
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/openai_calls.py").path
        process.executableURL = URL(fileURLWithPath: try #require(Self.python))
        process.arguments = [script]
        _ = FileManager.default.createFile(atPath: file, contents: nil)
        process.standardOutput = FileHandle(forWritingAtPath: file)
        try process.run()
        let giveUp = Date() + 60
        while Self.lines(of: file).isEmpty, process.isRunning, Date() < giveUp { usleep(10_000) }
        url = try #require(Self.lines(of: file).first?["url"]?.stringValue)
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: file)
    }

    private static func lines(of file: String) -> [JSONValue] {
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }
    }

    var requests: [JSONValue] { Self.lines(of: file).compactMap { $0["request"] } }
    /// Types of the client's events, in order.
    var types: [String] {
        Self.lines(of: file).compactMap { $0["event"]?["type"]?.stringValue }
    }
    var events: [JSONValue] { Self.lines(of: file).compactMap { $0["event"] } }
}
