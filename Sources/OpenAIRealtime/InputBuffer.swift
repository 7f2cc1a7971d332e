import ParleyTransport

/// The sound that the peer holds and that is no turn yet: how much decides whether a commit makes
/// sense, and the sound itself is what a connection that takes over must be given.
///
/// A push-to-talk press that is too short makes the peer answer "buffer too small", so such a
/// commit is never sent, and neither is the request for a response that comes with it.
struct InputBuffer: Sendable, Equatable {
    /// The shortest turn that the API takes.
    static let shortestMs = 100
    /// Kept of a turn that goes on.
    static let turnMs = 10_000
    /// Kept while nobody speaks, for all the peer says: it takes a moment to notice.
    static let onsetMs = 500

    private(set) var unfinished = MicrophoneBacklog(limit: 0)

    private(set) var byteCount = 0
    /// A commit was dropped, and the request for a response that belongs to it has not come yet.
    private var dropsRequest = false
    /// Commits of ours that the peer has not confirmed.
    private var unconfirmed = 0

    mutating func append(_ count: Int) {
        byteCount += count
        dropsRequest = false
    }

    /// - Parameter isTurn: whether it may be the user's turn; else it is silence, or its beginning.
    mutating func append(_ sound: UnsafeRawBufferPointer, _ format: AudioFormat, isTurn: Bool) {
        append(sound.count)
        unfinished.limit =
            (isTurn ? Self.turnMs : Self.onsetMs) * RealtimeClient.bytesPerMs(format)
        unfinished.append(sound, alignment: format.bytesPerSample ?? 1)
    }

    /// The mute barrier: what the peer holds is not ours to take back, but it never leaves again.
    mutating func forgetSound() { _ = unfinished.removeAll() }

    enum Commit: Equatable { case send, drop }

    mutating func commit(bytesPerMs: Int) -> Commit {
        defer {
            byteCount = 0
            forgetSound()
        }
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
        forgetSound()
        dropsRequest = false
    }

    /// Whether a request for a response belongs to a commit that was dropped; asked once for each.
    mutating func takeDroppedRequest() -> Bool {
        defer { dropsRequest = false }
        return dropsRequest
    }

    /// The peer made a turn of what it held: by our commit, or because it heard the user stop.
    mutating func wasCommitted() {
        guard unconfirmed == 0 else {
            unconfirmed -= 1
            return
        }
        byteCount = 0
        forgetSound()
    }

    mutating func commitWasRefused() { unconfirmed = max(0, unconfirmed - 1) }
}
