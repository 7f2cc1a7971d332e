import JSON

/// Messages that carry sound, from bytes to bytes: no JSON tree and no string per frame.
public enum AudioMessage {
    private static let prefix = Array(#"{"type":"input_audio_buffer.append","audio":""#.utf8)
    private static let suffix = Array(#""}"#.utf8)

    /// A server's audio delta with the size of its sound instead of the sound; nil for any other message,
    /// and for an audio delta that is written in an unusual way.
    public static func withoutAudio(_ message: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let found = AudioDeltaScanner.scan(message) else { return nil }
        let quote = found.base64.lowerBound - 1
        var short = Array(message[..<quote])
        let padding = message[found.base64].suffix(2).count { $0 == UInt8(ascii: "=") }
        let size = Base64.decodedCountMax(found.base64.count) - padding
        short.append(contentsOf: "{\"bytes\":\(size)}".utf8)
        short.append(contentsOf: message[(found.base64.upperBound + 1)...])
        return short
    }

    /// `input_audio_buffer.append`: replaces `message` by the event for `audio`; its room is used again.
    static func write(_ audio: UnsafeRawBufferPointer, into message: inout [UInt8]) {
        message.removeAll(keepingCapacity: true)
        message.append(contentsOf: prefix)
        Base64.encode(audio, into: &message)
        message.append(contentsOf: suffix)
    }
}
