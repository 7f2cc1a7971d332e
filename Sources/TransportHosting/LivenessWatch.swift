/// Decides when to ping a host and when its silence is a hang. Pings go only while there is work that
/// the host has not been seen to take, so an idle host is left asleep.
struct LivenessWatch {
    /// The longest silence after a ping.
    static let limitNs: UInt64 = 2_000_000_000

    /// The longest wait for a host that talks so much that it is made to wait itself.
    static let excusedLimitNs: UInt64 = 10_000_000_000

    private var lastPing: UInt32 = 0
    private var sentNs: UInt64 = 0
    private var deadlineNs: UInt64?
    private var hasWorkSincePing = false

    /// Work was sent. Answers the id of a ping to send behind it, unless one is under way.
    mutating func workSent(nowNs: UInt64) -> UInt32? {
        guard deadlineNs == nil else {
            hasWorkSincePing = true
            return nil
        }
        lastPing &+= 1
        sentNs = nowNs
        deadlineNs = nowNs + Self.limitNs
        hasWorkSincePing = false
        return lastPing
    }

    /// The host answered. Answers the id of the next ping, for work that was sent behind the last.
    mutating func pong(_ id: UInt32, nowNs: UInt64) -> UInt32? {
        guard id == lastPing, deadlineNs != nil else { return nil }
        deadlineNs = nil
        return hasWorkSincePing ? workSent(nowNs: nowNs) : nil
    }

    /// The daemon itself does not read until `untilNs`, so the answer may be stuck behind other messages.
    mutating func excuse(untilNs: UInt64) {
        guard let deadline = deadlineNs else { return }
        deadlineNs = min(max(deadline, untilNs + Self.limitNs), sentNs + Self.excusedLimitNs)
    }

    /// Pings that were answered, so far as is known: grows while the host lives.
    var answered: UInt64 { UInt64(lastPing) - (deadlineNs == nil ? 0 : 1) }

    /// When the host counts as hung, if nothing comes before; nil while nothing is awaited.
    var hangsAtNs: UInt64? { deadlineNs }
}
