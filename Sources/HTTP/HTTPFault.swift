/// Why something is no HTTP, or none that is taken. Sentences hold no header's value, so no key gets into
/// a log.
public enum HTTPFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The end of a sentence that begins with "the URL".
    case invalidURL(String)
    /// A header of ours that can't be sent: its name.
    case invalidHeader(String)
    /// The head or the framing of the body is wrong: a sentence's end after "its".
    case malformed(String)
    /// The body is longer than the limit, in bytes.
    case tooLong(limit: Int)
    /// The stream ended within a message, or before one.
    case ended
    /// The peer answered with a protocol that was not asked for.
    case switched

    public var description: String {
        switch self {
        case .invalidURL(let why): "the URL \(why)"
        case .invalidHeader(let name):
            "the header \(name) has characters that no header may have"
        case .malformed(let why): "the peer does not speak HTTP: \(why)"
        case .tooLong(let limit): "the peer's message has over \(limit) bytes"
        case .ended: "the peer closed the connection before its message was complete"
        case .switched: "the peer switched to a protocol that was not asked for"
        }
    }
}
