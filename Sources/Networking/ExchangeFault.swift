import HTTP
import WebSocket

/// Why a request has no answer.
public enum ExchangeFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The network: names, connections, time.
    case link(LinkFault)
    case tls(TLSFault)
    /// The proxy did not make the tunnel.
    case proxy(status: Int, reason: String)
    case http(HTTPFault)
    /// The server sends us somewhere that we don't follow to: a sentence.
    case redirect(String)

    public var description: String {
        switch self {
        case .link(let fault): fault.description
        case .tls(let fault): fault.description
        case .proxy(let status, let reason):
            "the proxy refused the tunnel: \(status) \(reason)"
        case .http(let fault): fault.description
        case .redirect(let why): why
        }
    }
}
