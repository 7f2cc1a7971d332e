/// How much a host may tell per second. One that tells more is not read for a moment: its socket fills,
/// its sends wait, and the flood slows down where it rises, while everyone else is served.
struct FlowLimit {
    static let perSecond: Double = 5000
    static let burst: Double = 10000
    /// Bytes that count as one more message.
    static let bytesPerUnit = 4096

    private var tokens = Self.burst
    private var lastNs: UInt64

    init(nowNs: UInt64) { lastNs = nowNs }

    /// Counts a message of `bytes`. Answers how long to stop reading, in nanoseconds; 0 mostly.
    mutating func take(bytes: Int, nowNs: UInt64) -> UInt64 {
        let seconds = Double(nowNs &- lastNs) / 1e9
        lastNs = nowNs
        tokens = min(tokens + seconds * Self.perSecond, Self.burst)
        tokens -= 1 + Double(bytes / Self.bytesPerUnit)
        return tokens >= 0 ? 0 : UInt64((-tokens / Self.perSecond) * 1e9) + 20_000_000
    }
}
