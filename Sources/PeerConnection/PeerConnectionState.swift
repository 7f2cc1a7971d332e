/// How a call stands, by the names of the WebRTC API.
public enum PeerConnectionState: String, Sendable, Hashable {
    /// Nothing is agreed on yet.
    case new
    /// ICE looks for a way, or DTLS shakes hands.
    case connecting
    /// Media and messages may flow.
    case connected
    /// The way to the peer is lost; see ``PeerConnection/onRestartNeeded``.
    case disconnected
    /// The end, with a ``PeerConnection/fault``.
    case failed
    /// The end, as we or the peer wanted it.
    case closed

    public var isOver: Bool { self == .failed || self == .closed }
}

/// Why a call did not come about, or broke.
public struct PeerConnectionFault: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// What was asked for makes no sense now, or this machine lacks something.
        case configuration
        /// The peer's description can't be used.
        case description
        /// No way to the peer, or it was lost for good.
        case unreachable
        /// DTLS: the wrong certificate, no common profile, an alert.
        case security
    }

    public let kind: Kind
    /// A sentence.
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
