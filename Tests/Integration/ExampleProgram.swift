import Foundation
import Testing

/// A program of the documentation or the examples, run as a reader would run it: the daemon is found by
/// the environment.
final class ExampleProgram {
    private let process = Process()
    private let output = Pipe()
    private var unread: [UInt8] = []

    /// - Parameter environment: added to that of the tests, whose own gateway is taken out of it.
    init(
        _ words: [String], environment: [String: String], directory: String = ExampleProgram.root
    ) throws {
        var all = ProcessInfo.processInfo.environment
        for name in ["PARLEY_SOCKET", "XDG_RUNTIME_DIR"] { all[name] = nil }
        all.merge(environment) { $1 }
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.environment = all
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    deinit { end() }

    /// The repository, from this file's place in it.
    static var root: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }

    /// The next line that holds `text`; nil when the output ends before, or is silent for half a minute.
    func line(with text: String) -> String? {
        while let line = nextLine() {
            if line.contains(text) { return line }
        }
        return nil
    }

    /// Waits for the end. - Returns: the exit status, and what was written and not read.
    func finish() -> (status: Int32, text: String) {
        let rest = unread + output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: rest, as: UTF8.self))
    }

    func end() {
        guard process.isRunning else { return }
        // Foundation hands the mask of the test's thread down, which blocks what could be handled.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private func nextLine() -> String? {
        while true {
            if let index = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeFirst(index + 1) }
                return String(decoding: unread[..<index], as: UTF8.self)
            }
            var wait = pollfd(
                fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wait, 1, 30_000) > 0 else { return nil }
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { return nil }
            unread += data
        }
    }
}

extension DaemonUnderTest {
    /// An environment in which this daemon is the one of the user, and its programs are installed.
    func environmentOfItsUser() throws -> [String: String] {
        let directory = "\(directory)/user"
        let files = FileManager.default
        if !files.fileExists(atPath: directory) {
            try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try files.createSymbolicLink(
                atPath: "\(directory)/parley", withDestinationPath: runtimeDirectory)
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return [
            "XDG_RUNTIME_DIR": directory, "PATH": "\(Self.buildDirectory):\(path)",
            "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1",
        ]
    }
}
