import EventLoop
import Glibc
import JSON

/// What went over the wire, for people and for tests: one line for each event, sound as its size.
final class Transcript {
    private let file: CInt
    private let sound: CInt
    private let showsEverything: Bool

    /// - Parameters:
    ///   - path: JSON lines are appended here; nil for none. `connection` counts from 1:
    ///     `{"connection":1,"from":"client"|"server","ns":…,"event":{…}}` for an event, `ns` being its
    ///     time by CLOCK_MONOTONIC,
    ///     `{"connection":1,"request":"/v1/realtime?…","headers":{…}}` when a client has come,
    ///     `{"connection":1,"note":"…"}` for what else happens.
    ///   - soundPath: gets the sound of all clients as they sent it, in their format; nil for none.
    ///   - showsEverything: whether standard error gets a line for each event that is not sound.
    init(path: String?, soundPath: String?, showsEverything: Bool) throws(TranscriptFault) {
        self.showsEverything = showsEverything
        file = try Self.open(path)
        sound = try Self.open(soundPath)
    }

    private static func open(_ path: String?) throws(TranscriptFault) -> CInt {
        guard let path else { return -1 }
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw TranscriptFault(path: path, code: errno) }
        return file
    }

    deinit {
        for file in [file, sound] where file >= 0 { close(file) }
    }

    private var isWanted: Bool { file >= 0 || sound >= 0 || showsEverything }

    func received(_ bytes: UnsafeRawBufferPointer, from connection: Int) {
        guard isWanted, let event = try? JSONValue(parsing: bytes) else { return }
        record("client", event, connection)
        guard sound >= 0, event["type"] == "input_audio_buffer.append",
            var text = event["audio"]?.stringValue
        else { return }
        text.withUTF8 { text in
            var bytes = [UInt8](repeating: 0, count: Base64.decodedCountMax(text.count))
            bytes.withUnsafeMutableBytes {
                let count = Base64.decode(UnsafeRawBufferPointer(text), into: $0) ?? 0
                _ = Glibc.write(sound, $0.baseAddress, count)
            }
        }
    }

    func sent(_ text: String, to connection: Int) {
        guard isWanted else { return }
        record("server", try? JSONValue(parsing: text.utf8), connection)
    }

    /// A client's upgrade, with its headers: what it says to prove who it is, too.
    func requested(_ target: String, _ headers: [(name: String, value: String)], by connection: Int)
    {
        if showsEverything { Self.write(2, "# connected to \(target)\n") }
        let values = JSONObject(headers.map { ($0.name, .string($0.value)) })
        write([
            "connection": .integer(Int64(connection)), "request": .string(target),
            "headers": .object(values),
        ])
    }

    func note(_ text: String, of connection: Int) {
        if showsEverything { Self.write(2, "# \(text)\n") }
        write(["connection": .integer(Int64(connection)), "note": .string(text)])
    }

    private func write(_ line: JSONValue) {
        if file >= 0 { Self.write(file, line.serialized() + "\n") }
    }

    private func record(_ side: String, _ event: JSONValue?, _ connection: Int) {
        guard var object = event?.objectValue else { return }
        for name in ["audio", "delta", "filler"] {
            guard let text = object[name]?.stringValue, text.utf8.count > 200 else { continue }
            object[name] = ["base64Bytes": .integer(Int64(text.utf8.count))]
        }
        write([
            "connection": .integer(Int64(connection)), "from": .string(side),
            "ns": .integer(Int64(MonotonicClock.nowNs)), "event": .object(object),
        ])
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
