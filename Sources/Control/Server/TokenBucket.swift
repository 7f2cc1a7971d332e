/// Lets `burst` things through at once and `perSecond` in the long run.
struct TokenBucket {
    private let burst: Double
    private let perSecond: Double
    private var tokens: Double
    private var lastNs: UInt64

    init(burst: Int, perSecond: Int, nowNs: UInt64) {
        self.burst = Double(burst)
        self.perSecond = Double(perSecond)
        tokens = Double(burst)
        lastNs = nowNs
    }

    /// Whether it is as if nobody had taken anything.
    func isFull(nowNs: UInt64) -> Bool { filled(nowNs) >= burst }

    /// Takes `count`, at most a full bucket; false when there are fewer.
    mutating func take(_ count: Int = 1, nowNs: UInt64) -> Bool {
        tokens = filled(nowNs)
        lastNs = max(lastNs, nowNs)
        let wanted = min(Double(count), max(burst, 1))
        guard tokens >= wanted else { return false }
        tokens -= wanted
        return true
    }

    private func filled(_ nowNs: UInt64) -> Double {
        guard nowNs > lastNs else { return tokens }
        return min(burst, tokens + Double(nowNs - lastNs) / 1e9 * perSecond)
    }
}
