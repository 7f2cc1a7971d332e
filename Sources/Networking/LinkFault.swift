import WebSocket

/// Why a ``WebSocketLink`` is over without a closing handshake, or a connection without its answer.
public enum LinkFault: Error, Sendable, Hashable, CustomStringConvertible {
    case lookup(LookupFault)
    /// No address could be connected to: what the last one said.
    case connect(String)
    /// What had not come in time.
    case timeout(Stage)
    case webSocket(WebSocketError)
    /// An established connection broke: what the system said.
    case broken(String)
    /// The peer has answered nothing for the time that it had.
    case silent

    public enum Stage: String, Sendable, Hashable {
        case lookup = "the name server has not answered"
        case connect = "no address has answered"
        case handshake = "the server has not finished the handshake"
        /// Of HTTP.
        case answer = "the server has not answered the request"
    }

    public var description: String {
        switch self {
        case .lookup(let fault): fault.description
        case .connect(let reason): "the connection failed: \(reason)"
        case .timeout(let stage): "\(stage.rawValue) in time"
        case .webSocket(let error): error.description
        case .broken(let reason): "the connection broke: \(reason)"
        case .silent: "the server answers no ping any more"
        }
    }
}
