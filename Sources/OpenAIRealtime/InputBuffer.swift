/// How much sound the peer holds that is no turn yet: what decides whether a commit makes sense.
///
/// A push-to-talk press that is too short makes the peer answer "buffer too small", so such a
/// commit is never sent, and neither is the request for a response that comes with it.
struct InputBuffer: Sendable, Equatable {
    /// The shortest turn that the API takes.
    static let shortestMs = 100

    private(set) var byteCount = 0
    /// A commit was dropped, and the request for a response that belongs to it has not come yet.
    private var dropsRequest = false
    /// Commits of ours that the peer has not confirmed.
    private var unconfirmed = 0

    mutating func append(_ count: Int) {
        byteCount += count
        dropsRequest = false
    }

    enum Commit: Equatable { case send, drop }

    mutating func commit(bytesPerMs: Int) -> Commit {
        defer { byteCount = 0 }
        guard byteCount >= Self.shortestMs * bytesPerMs else {
            dropsRequest = true
            return .drop
        }
        dropsRequest = false
        unconfirmed += 1
        return .send
    }

    mutating func clear() {
        byteCount = 0
        dropsRequest = false
    }

    /// Whether a request for a response belongs to a commit that was dropped; asked once for each.
    mutating func takeDroppedRequest() -> Bool {
        defer { dropsRequest = false }
        return dropsRequest
    }

    /// The peer made a turn of what it held: by our commit, or because it heard the user stop.
    mutating func wasCommitted() {
        if unconfirmed > 0 { unconfirmed -= 1 } else { byteCount = 0 }
    }

    mutating func commitWasRefused() { unconfirmed = max(0, unconfirmed - 1) }
}
