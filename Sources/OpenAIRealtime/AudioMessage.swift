import JSON

/// `input_audio_buffer.append`, written straight into bytes: no JSON tree and no string per frame.
enum AudioMessage {
    private static let prefix = Array(#"{"type":"input_audio_buffer.append","audio":""#.utf8)
    private static let suffix = Array(#""}"#.utf8)

    /// Replaces `message` by the event for `audio`; its room is used again.
    static func write(_ audio: UnsafeRawBufferPointer, into message: inout [UInt8]) {
        message.removeAll(keepingCapacity: true)
        message.append(contentsOf: prefix)
        Base64.encode(audio, into: &message)
        message.append(contentsOf: suffix)
    }
}
