/// Finds out that the other end is gone although the connection stands: asks when it has been quiet, and
/// gives up when nothing comes back. Pure: time is a parameter.
public struct KeepAlive: Sendable {
    public enum Step: Sendable, Hashable { case ping, dead }

    private let quietNs: UInt64
    private let answerNs: UInt64
    private var lastHeardNs: UInt64
    private var askedNs: UInt64?

    /// - Parameters:
    ///   - quietNs: without a byte of the peer before it is asked.
    ///   - answerNs: that it has to answer with anything at all.
    public init(quietNs: UInt64, answerNs: UInt64, nowNs: UInt64) {
        self.quietNs = quietNs
        self.answerNs = answerNs
        lastHeardNs = nowNs
    }

    /// Bytes came.
    public mutating func heard(nowNs: UInt64) {
        lastHeardNs = nowNs
        askedNs = nil
    }

    /// When ``advance(nowNs:)`` has something to do, unless something is heard before.
    public var nextDueNs: UInt64 { askedNs.map { $0 + answerNs } ?? lastHeardNs + quietNs }

    public mutating func advance(nowNs: UInt64) -> Step? {
        guard nowNs >= nextDueNs else { return nil }
        guard askedNs == nil else { return .dead }
        askedNs = nowNs
        return .ping
    }
}
