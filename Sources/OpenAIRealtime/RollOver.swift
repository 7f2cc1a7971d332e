/// When a connection shall be replaced because the peer will end it (60 minutes at OpenAI, without
/// a warning; `session.expires_at` is the only notice).
public struct RollOver: Sendable, Equatable {
    public struct Settings: Sendable, Hashable {
        /// Where the peer does not say when it ends.
        public var sessionLimitMs: UInt64 = 60 * 60_000
        /// How long before the end a replacement is looked for.
        public var leadMs: UInt64 = 5 * 60_000
        /// How long before the end it is made in the middle of a turn.
        public var lastMs: UInt64 = 30_000

        public init() {}
    }

    let settings: Settings
    private(set) var endNs: UInt64?
    private(set) var isAsked = false
    private var retryNs: UInt64 = 0

    init(_ settings: Settings) { self.settings = settings }

    /// - Parameters:
    ///   - expiresAt: seconds since 1970, as the peer says; nonsense counts as missing.
    ///   - unixSeconds: now.
    mutating func opened(expiresAt: Int64?, unixSeconds: Int64, nowNs: UInt64) {
        let longest: Int64 = 7 * 86_400
        if let expiresAt, unixSeconds > 0, unixSeconds < expiresAt,
            expiresAt < unixSeconds + longest
        {
            endNs = nowNs + UInt64(expiresAt - unixSeconds) * 1_000_000_000
        } else if endNs == nil {
            endNs = nowNs + settings.sessionLimitMs * 1_000_000
        }
    }

    /// When to ask for the replacement.
    var dueNs: UInt64? {
        guard let endNs, !isAsked else { return nil }
        return max(retryNs, endNs - min(endNs, settings.leadMs * 1_000_000))
    }

    /// True once, when it is time.
    mutating func takeDue(nowNs: UInt64) -> Bool {
        guard let dueNs, nowNs >= dueNs else { return false }
        isAsked = true
        return true
    }

    /// The replacement failed: ask again, but not at once.
    mutating func failed(nowNs: UInt64) {
        guard let endNs else { return }
        isAsked = false
        // A part of what is left, so that there are several tries.
        retryNs = nowNs + (endNs > nowNs ? endNs - nowNs : 0) / 8
    }

    /// Whether there is no time left to wait for the end of a turn.
    func isLast(nowNs: UInt64) -> Bool {
        guard let endNs else { return false }
        return nowNs + settings.lastMs * 1_000_000 >= endNs
    }
}
