/// How long a playback buffer should be: grows by small steps when the device runs dry, shrinks
/// back after quiet time. A value; the caller asks the server.
struct BufferTarget: Sendable {
    static let stepMs = 5.0
    static let quietNs: UInt64 = 30_000_000_000
    /// Running dry several times within this is one mishap: a busy machine starves a stream in
    /// bursts, and the first correction needs time to act.
    static let settleNs: UInt64 = 200_000_000

    let baseMs: Double
    let maximumMs: Double
    private(set) var ms: Double
    private var lastChangeNs: UInt64

    init(baseMs: Double, maximumMs: Double, nowNs: UInt64) {
        self.baseMs = baseMs
        self.maximumMs = max(baseMs, maximumMs)
        ms = baseMs
        lastChangeNs = nowNs
    }

    /// - Parameter underruns: how many there were since the last call.
    /// - Returns: whether ``ms`` changed.
    mutating func update(underruns: Int, nowNs: UInt64) -> Bool {
        if underruns > 0 {
            guard ms < maximumMs, nowNs >= lastChangeNs + Self.settleNs || ms == baseMs else {
                return false
            }
            ms = min(ms + Self.stepMs, maximumMs)
            lastChangeNs = nowNs
            return true
        }
        guard ms > baseMs, nowNs >= lastChangeNs + Self.quietNs else { return false }
        ms = max(ms - Self.stepMs, baseMs)
        lastChangeNs = nowNs
        return true
    }
}
