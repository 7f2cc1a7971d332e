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

    /// Takes one; false when there is none.
    mutating func take(nowNs: UInt64) -> Bool {
        tokens = filled(nowNs)
        lastNs = max(lastNs, nowNs)
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }

    private func filled(_ nowNs: UInt64) -> Double {
        guard nowNs > lastNs else { return tokens }
        return min(burst, tokens + Double(nowNs - lastNs) / 1e9 * perSecond)
    }
}
