import Foundation
import JSON
import ParleyTransport
import Testing

/// `Tests/Fixtures/aiortc_peer.py`, whose lines are read by the loop of the test.
@TransportActor
final class AiortcPeer {
    /// A Python that has the packages of `Tests/Fixtures/requirements.txt`.
    nonisolated static let python = ProcessInfo.processInfo.environment["PARLEY_TEST_PYTHON"]

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var watch: HostLoop.Watch?
    private var unread: [UInt8] = []
    private(set) var lines: [JSONObject] = []

    init(_ loop: HostLoop) throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/aiortc_peer.py")
        process.executableURL = URL(filePath: try #require(Self.python))
        process.arguments = [script.path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        watch = try loop.watch(output.fileHandleForReading.fileDescriptor, for: .read) {
            [weak self] _ in self?.read()
        }
    }

    private func read() {
        let data = output.fileHandleForReading.availableData
        if data.isEmpty { watch?.cancel() }
        unread += data
        while let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: unread[..<end], as: UTF8.self)
            unread.removeFirst(end + 1)
            if case .object(let object)? = try? JSONValue(parsing: line) { lines.append(object) }
        }
    }

    func tell(_ request: JSONObject) throws {
        let line = JSONValue.object(request).serialized() + "\n"
        try input.fileHandleForWriting.write(contentsOf: Data(line.utf8))
    }

    /// What it told last under this name.
    func last(_ name: String) -> JSONValue? { lines.last { $0[name] != nil }?[name] }

    func end() {
        watch?.cancel()
        try? tell(["quit": true])
        process.waitUntilExit()
    }
}
