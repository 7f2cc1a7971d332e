import Foundation
import JSON
import Testing

/// Chromium without a window, at a page, with a sound as its microphone (`Tests/Fixtures/browser.py`).
/// Ended with the object.
final class Browser {
    struct Failure: Error, CustomStringConvertible { let description: String }

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let directory: String
    private var unread = Data()

    /// - Parameter microphone: 16 kHz, again and again from its beginning.
    init(at url: String, microphone: [Int16]) throws {
        directory = "/tmp/parley-browser-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let sound = "\(directory)/microphone.wav"
        try Self.wave(microphone).write(to: URL(fileURLWithPath: sound))
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/browser.py").path
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [script, "\(directory)/profile", sound, url]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        _ = try answer()
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// The value of an expression of JavaScript, waited for when it is a promise.
    @discardableResult
    func evaluate(_ expression: String) throws -> JSONValue? {
        try ask(["evaluate": .string(expression)])
    }

    /// Waits until an expression is true; the page's own clock says when that is too late.
    func until(_ condition: String, within ms: Int = 20_000) throws {
        let holds = try evaluate(
            """
            new Promise(resolve => {
              const end = performance.now() + \(ms);
              (function look() {
                if (\(condition)) resolve(true);
                else if (performance.now() > end) resolve(false);
                else setTimeout(look, 20);
              })();
            })
            """)
        guard holds == true else {
            let page = try evaluate("document.body.innerText")?.stringValue ?? ""
            throw Failure(description: "never true: \(condition); the page says:\n\(page)")
        }
    }

    /// - Returns: the size in bytes.
    func screenshot(to file: String) throws -> Int {
        Int(try ask(["screenshot": .string(file)])?.integerValue ?? 0)
    }

    private func ask(_ request: JSONObject) throws -> JSONValue? {
        let line = JSONValue.object(request).serialized() + "\n"
        try input.fileHandleForWriting.write(contentsOf: Data(line.utf8))
        return try answer()
    }

    private func answer() throws -> JSONValue? {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread.removeSubrange(...end)
                let answer = try JSONValue(parsing: line)
                if let error = answer["error"] { throw Failure(description: "\(error)") }
                return answer["value"]
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Failure(description: "the browser is gone") }
            unread += more
        }
    }

    /// A RIFF file of 16-bit mono samples.
    private static func wave(_ samples: [Int16]) -> Data {
        func number<T: FixedWidthInteger>(_ value: T) -> Data {
            withUnsafeBytes(of: value.littleEndian) { Data($0) }
        }
        let rate = UInt32(RTPSessions.rate)
        let bytes = UInt32(samples.count * 2)
        var file = Data("RIFF".utf8) + number(36 + bytes) + Data("WAVEfmt ".utf8)
        file += number(UInt32(16)) + number(UInt16(1)) + number(UInt16(1)) + number(rate)
        file += number(rate * 2) + number(UInt16(2)) + number(UInt16(16))
        file += Data("data".utf8) + number(bytes)
        return file + samples.withUnsafeBytes { Data($0) }
    }
}
