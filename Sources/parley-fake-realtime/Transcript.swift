import Glibc
import JSON

/// What went over the wire, for people and for tests: one line for each event, sound as its size.
final class Transcript {
    private let file: CInt
    private let showsEverything: Bool

    /// - Parameters:
    ///   - path: JSON lines `{"from":"client"|"server","event":{…}}` are appended here; nil for none.
    ///   - showsEverything: whether standard error gets a line for each event that is not sound.
    init(path: String?, showsEverything: Bool) throws(TranscriptFault) {
        self.showsEverything = showsEverything
        guard let path else {
            file = -1
            return
        }
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw TranscriptFault(path: path, code: errno) }
    }

    deinit { if file >= 0 { close(file) } }

    func received(_ bytes: UnsafeRawBufferPointer) {
        guard file >= 0 || showsEverything else { return }
        record("client", try? JSONValue(parsing: bytes))
    }

    func sent(_ text: String) {
        guard file >= 0 || showsEverything else { return }
        record("server", try? JSONValue(parsing: text.utf8))
    }

    func note(_ text: String) {
        if showsEverything { Self.write(2, "# \(text)\n") }
    }

    private func record(_ side: String, _ event: JSONValue?) {
        guard var object = event?.objectValue else { return }
        for name in ["audio", "delta"] {
            guard let text = object[name]?.stringValue, text.utf8.count > 200 else { continue }
            object[name] = ["base64Bytes": .integer(Int64(text.utf8.count))]
        }
        if file >= 0 {
            let line: JSONValue = ["from": .string(side), "event": .object(object)]
            Self.write(file, line.serialized() + "\n")
        }
        guard showsEverything, let type = object["type"]?.stringValue, !type.hasSuffix(".delta"),
            !type.hasSuffix(".append")
        else { return }
        Self.write(2, "\(side == "client" ? ">" : "<") \(type)\(Self.detail(object))\n")
    }

    /// What makes a line worth reading.
    private static func detail(_ event: JSONObject) -> String {
        var text = ""
        for name in ["item_id", "audio_end_ms", "transcript", "arguments"] {
            if let value = event[name] { text += "  \(name)=\(value.serialized())" }
        }
        if let message = event["error"]?["message"]?.stringValue { text += "  \(message)" }
        if let status = event["response"]?["status"]?.stringValue { text += "  \(status)" }
        return text
    }

    static func write(_ file: CInt, _ text: String) {
        var copy = text
        copy.withUTF8 { _ = Glibc.write(file, $0.baseAddress, $0.count) }
    }
}

struct TranscriptFault: Error, CustomStringConvertible {
    let path: String
    let code: CInt
    var description: String { "\(path) can't be written: \(String(cString: strerror(code)))" }
}
