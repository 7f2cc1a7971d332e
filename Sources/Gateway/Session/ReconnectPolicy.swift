/// When to connect again: exponential backoff with jitter.
struct ReconnectPolicy: Equatable {
    var isEnabled = true
    /// Delay before the second try; the first one after a connection that had settled comes at once.
    var initialNs: UInt64 = 500_000_000
    var maximumNs: UInt64 = 30_000_000_000
    /// Tries in a row before giving up; 0 for never.
    var maximumAttempts = 0
    /// A connection that lived this long was good.
    var settledNs: UInt64 = 10_000_000_000

    /// A connection that ended with its host was good sooner: hosts that die at once are held back by
    /// who starts them.
    static let hostSettledNs: UInt64 = 500_000_000

    /// - Parameter attempt: the number of the try that would come next, from 1.
    func allows(attempt: Int) -> Bool {
        isEnabled && (maximumAttempts == 0 || attempt <= maximumAttempts)
    }

    /// - Parameters:
    ///   - attempt: the number of the try that comes next; 1 follows a good connection.
    ///   - jitter: 0 to 1; half of the delay is drawn, so that clients of a peer that failed do not
    ///     come back as one.
    func delayNs(attempt: Int, jitter: Double) -> UInt64 {
        guard attempt > 1 else { return 0 }
        let doublings = min(attempt - 2, 16)
        let full = min(initialNs << UInt64(doublings), maximumNs)
        return full / 2 + UInt64(Double(full / 2) * min(max(jitter, 0), 1))
    }
}
