/// When a plugin's host may be started again after it died.
///
/// One that had served for a second is started again at once. Deaths before that back off, from 0.1 s
/// doubling to 5 s, and the fifth within a minute marks the plugin failed, until its file changes or
/// somebody asks for a reload.
public struct RestartPolicy: Sendable, Hashable {
    public enum Permission: Sendable, Hashable {
        case now
        /// On the clock that the policy was given.
        case notBefore(ns: UInt64)
        case failed
    }

    static let servedEnoughNs: UInt64 = 1_000_000_000
    static let firstDelayNs: UInt64 = 100_000_000
    static let lastDelayNs: UInt64 = 5_000_000_000
    static let windowNs: UInt64 = 60_000_000_000
    static let deathsMax = 5

    private var earlyDeathsNs: [UInt64] = []
    private var delayNs = Self.firstDelayNs
    private var notBeforeNs: UInt64 = 0
    public private(set) var hasFailed = false

    public init() {}

    /// The host died by itself or was killed for a fault.
    /// - Parameter servedNs: since it had loaded the plugin; nil when it never had.
    public mutating func hostDied(servedNs: UInt64?, nowNs: UInt64) {
        if let servedNs, servedNs >= Self.servedEnoughNs {
            delayNs = Self.firstDelayNs
            notBeforeNs = 0
            return
        }
        earlyDeathsNs.removeAll { nowNs - $0 >= Self.windowNs }
        earlyDeathsNs.append(nowNs)
        hasFailed = earlyDeathsNs.count >= Self.deathsMax
        notBeforeNs = nowNs + delayNs
        delayNs = min(delayNs * 2, Self.lastDelayNs)
    }

    public func permission(nowNs: UInt64) -> Permission {
        if hasFailed { return .failed }
        return nowNs >= notBeforeNs ? .now : .notBefore(ns: notBeforeNs)
    }
}
