/// When the next report goes out (RFC 3550, sections 6.2 and 6.3, for two parties): every 5 s on the
/// average, the first sooner, never in step with others.
public struct RTCPSchedule: Sendable {
    private static var intervalNs: UInt64 { 5_000_000_000 }
    /// Makes up for what the randomness takes away on the average (section 6.3.1).
    private static var compensation: Double { 2.718_281_828 - 1.5 }

    private var random: any RandomNumberGenerator & Sendable
    public private(set) var nextDueNs: UInt64

    public init(nowNs: UInt64, random: any RandomNumberGenerator & Sendable) {
        self.random = random
        nextDueNs = 0
        nextDueNs = nowNs + interval(Self.intervalNs / 2)
    }

    /// Whether a report is due; then the next is planned.
    public mutating func isDue(nowNs: UInt64) -> Bool {
        guard nowNs >= nextDueNs else { return false }
        nextDueNs = nowNs + interval(Self.intervalNs)
        return true
    }

    private mutating func interval(_ ns: UInt64) -> UInt64 {
        UInt64(Double(ns) * random.factor() / Self.compensation)
    }
}

extension RandomNumberGenerator {
    fileprivate mutating func factor() -> Double { .random(in: 0.5...1.5, using: &self) }
}
