/// Why a connection was not made, or broke. Sentences say what happened; none holds a header's value,
/// so no key can get into a log.
public enum WebSocketError: Error, Sendable, Hashable, CustomStringConvertible {
    case invalidURL(String)
    /// The handshake of TLS failed, or the stream was not what it must be.
    case tls(TLSFault)
    /// The proxy did not make the tunnel.
    case proxy(status: Int, reason: String)
    /// The server answered the request to upgrade with something else. `body` is its beginning, for the
    /// error that servers put there; `retryAfterSeconds` is its header.
    case refused(status: Int, reason: String, body: String, retryAfterSeconds: Int?)
    /// What came is no HTTP, or no answer to our request (RFC 6455 section 4.1).
    case handshake(String)
    /// The peer broke RFC 6455; the code that it was told.
    case violation(code: UInt16)
    /// The stream ended without a close frame.
    case ended

    public var description: String {
        switch self {
        case .invalidURL(let why): "the URL \(why)"
        case .tls(let fault): fault.description
        case .proxy(let status, let reason):
            "the proxy refused the tunnel: \(status) \(reason)"
        case .refused(let status, let reason, _, _):
            "the server refused the WebSocket: \(status) \(reason)"
        case .handshake(let why): "the server does not speak WebSocket: \(why)"
        case .violation(let code):
            "the server broke the WebSocket protocol (RFC 6455, closed with \(code))"
        case .ended: "the connection ended without a close frame"
        }
    }
}
