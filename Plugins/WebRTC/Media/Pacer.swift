/// When frames go out, so that packets leave at the pace of sound: a program that writes faster than real
/// time, or in large pieces, would send bursts that no peer's jitter buffer bears. A value; time is a
/// parameter.
///
/// Frames in real time pass at once. The clock of the frames may be faster than ours: what that piles up
/// leaks away, far faster than any crystal is wrong.
struct Pacer {
    /// Frames may be that early without a wait: the ticks of the daemon are no better.
    private static var toleranceNs: Int64 { 20_000_000 }
    /// The part of what is early that each frame makes up for.
    private static var leak: Int64 { 256 }

    private let rateHz: Int
    /// A timestamp, and when it is due.
    private var base: (timestamp: UInt64, atNs: Int64)?

    init(rateHz: Int) { self.rateHz = rateHz }

    /// - Returns: when the frame is to go out: `nowNs` for at once.
    mutating func due(timestamp: UInt64, nowNs: UInt64) -> UInt64 {
        let now = Int64(nowNs)
        guard let known = base, timestamp >= known.timestamp else {
            base = (timestamp, now)
            return nowNs
        }
        // From frame to frame, so the product is small; a jump of hours is a new beginning.
        let step = timestamp - known.timestamp
        guard step < UInt64(rateHz) else {
            base = (timestamp, now)
            return nowNs
        }
        let planned = known.atNs + Int64(step) * 1_000_000_000 / Int64(rateHz)
        let early = planned - now
        guard early > 0 else {
            base = (timestamp, now)
            return nowNs
        }
        base = (timestamp, planned - early / Self.leak)
        return early <= Self.toleranceNs ? nowNs : UInt64(planned - Self.toleranceNs)
    }
}
