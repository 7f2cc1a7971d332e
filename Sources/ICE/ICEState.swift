/// How far an ``ICEAgent`` is, by the names of the WebRTC API.
public enum ICEState: String, Sendable, Hashable {
    /// No remote candidate yet.
    case new
    /// Pairs are being tried.
    case checking
    /// A pair works; a better one may follow.
    case connected
    /// The best pair is chosen.
    case completed
    /// A pair worked and no longer does: the peer has not confirmed its consent for 10 s (RFC 7675).
    /// Only ``ICEAgent/restart()`` helps.
    case disconnected
    /// No pair works.
    case failed
    case closed
}
