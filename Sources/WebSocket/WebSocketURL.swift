import HTTP

/// A `ws:` or `wss:` URL (RFC 6455 section 3).
public struct WebSocketURL: Sendable, Hashable, CustomStringConvertible {
    /// The same with `http:` or `https:`, which is where the handshake goes.
    public let endpoint: HTTPURL

    public init(isSecure: Bool, host: String, port: UInt16, target: String) {
        endpoint = HTTPURL(isSecure: isSecure, host: host, port: port, target: target)
    }

    /// - Throws: a sentence on what is wrong with `text`.
    public init(_ text: String) throws(WebSocketError) {
        do throws(HTTPFault) {
            endpoint = try HTTPURL(text, schemes: ("ws", "wss"))
        } catch {
            guard case .invalidURL(let why) = error else { throw .invalidURL("is none") }
            throw .invalidURL(why)
        }
    }

    public var isSecure: Bool { endpoint.isSecure }
    /// A name or an address, without brackets.
    public var host: String { endpoint.host }
    public var port: UInt16 { endpoint.port }
    /// Path and query, as the request line has them; begins with a slash.
    public var target: String { endpoint.target }

    /// Host and port as a `CONNECT` request names them.
    public var authority: String { endpoint.authority }

    /// The `Host` header: without a port that goes without saying.
    public var hostHeader: String { endpoint.hostHeader }

    /// Whether it leads to this machine and no other.
    public var isLoopback: Bool { endpoint.isLoopback }

    public var description: String { "\(isSecure ? "wss" : "ws")://\(hostHeader)\(target)" }
}
