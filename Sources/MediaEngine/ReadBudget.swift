/// How much of a host's sound is read, so that one that sends without a pause takes no more than its share
/// of the engine's time: what is over it stays in the socket, whose sender waits.
///
/// Far above what sessions need: 256 of them with packets of 10 ms are 25,600 packets a second.
struct ReadBudget: BitwiseCopyable {
    static var packetsPerSecond: Int { 100_000 }
    static var packetsAtOnce: Int { 1_024 }
    static var bytesPerSecond: Int { 64 << 20 }
    static var bytesAtOnce: Int { 1 << 20 }

    private var packets = Self.packetsAtOnce
    private var bytes = Self.bytesAtOnce
    private var filledNs: UInt64 = 0

    /// Adds what has come up to `nowNs`. [real-time safe]
    mutating func fill(nowNs: UInt64) {
        guard nowNs > filledNs else { return }
        let elapsedUs = Int(min((nowNs - filledNs) / 1_000, 1_000_000))
        // Shorter times go on to count, or they would be rounded away.
        guard elapsedUs > 0 else { return }
        filledNs = nowNs
        packets = min(packets + elapsedUs * Self.packetsPerSecond / 1_000_000, Self.packetsAtOnce)
        bytes = min(bytes + elapsedUs * Self.bytesPerSecond / 1_000_000, Self.bytesAtOnce)
    }

    var isSpent: Bool { packets <= 0 || bytes <= 0 }

    /// A packet may overdraw it. [real-time safe]
    mutating func take(byteCount: Int) {
        packets -= 1
        bytes -= byteCount
    }
}
