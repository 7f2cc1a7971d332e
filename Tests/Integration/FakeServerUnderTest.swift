import Foundation
import JSON
import Testing

/// A real parley-fake-realtime, ended by its own process id when the test is over, and what it saw.
final class FakeServerUnderTest {
    /// `ws://127.0.0.1:PORT/v1/realtime`.
    let url: String
    let directory: String
    private let process = Process()

    /// - Parameter arguments: of the program, beside those that this needs.
    init(_ arguments: [String] = []) throws {
        directory = "/tmp/parley-fake-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        process.executableURL = URL(
            fileURLWithPath: "\(DaemonUnderTest.buildDirectory)/parley-fake-realtime")
        process.arguments =
            ["--transcript", "\(directory)/transcript", "--sound", "\(directory)/sound"] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        url = line.trimmingCharacters(in: .whitespacesAndNewlines)
        try #require(url.hasPrefix("ws"), "the fake said '\(line)'")
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: directory)
    }

    var port: Int { URL(string: url)?.port ?? 0 }

    /// The URL for a connection that the fake treats so.
    func url(_ behaviour: KeyValuePairs<String, String>) -> String {
        let query = behaviour.map { name, value in
            let escaped = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
            return "fake_\(name)=\(escaped ?? "")"
        }
        return query.isEmpty ? url : "\(url)?\(query.joined(separator: "&"))"
    }

    // MARK: What it saw

    /// Every line of the transcript that is complete.
    var lines: [JSONValue] {
        text.split(separator: "\n").compactMap { try? JSONValue(parsing: $0.utf8) }
    }

    /// The transcript as it is in the file.
    var text: String {
        (try? String(contentsOfFile: "\(directory)/transcript", encoding: .utf8)) ?? ""
    }

    /// The clients that came, with their headers.
    var requests: [JSONValue] { lines.filter { $0["request"] != nil } }

    /// What one side said, in order.
    ///
    /// - Parameter connection: nil for all.
    func events(
        _ side: String, _ type: String? = nil, connection: Int? = nil
    ) -> [JSONValue] {
        lines.filter { line in
            guard line["from"]?.stringValue == side else { return false }
            if let connection, line["connection"]?.integerValue != Int64(connection) {
                return false
            }
            return type == nil || line["event"]?["type"]?.stringValue == type
        }.compactMap { $0["event"] }
    }

    func types(_ side: String, connection: Int? = nil) -> [String] {
        events(side, connection: connection).compactMap { $0["type"]?.stringValue }
    }

    /// The microphone as it came, 16 bit.
    var sound: [Int16] {
        let bytes = soundBytes
        return stride(from: 0, to: bytes.count - 1, by: 2).map {
            Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
        }
    }

    /// What one connection brought of it.
    func sound(connection: Int) -> [Int16] {
        let all = sound
        var start = 0
        var result: [Int16] = []
        for line in lines where line["event"]?["type"] == "input_audio_buffer.append" {
            let audio = line["event"]?["audio"]
            let size = audio?["base64Bytes"]?.integerValue.map(Int.init)
            // Whole samples make no padding where their count is a multiple of 3, as in these tests.
            let count = (size ?? audio?.stringValue?.utf8.count ?? 0) / 4 * 3 / 2
            if line["connection"]?.integerValue == Int64(connection) {
                result += all[min(start, all.count)..<min(start + count, all.count)]
            }
            start += count
        }
        return result
    }

    var soundBytes: [UInt8] {
        [UInt8](FileManager.default.contents(atPath: "\(directory)/sound") ?? Data())
    }
}
