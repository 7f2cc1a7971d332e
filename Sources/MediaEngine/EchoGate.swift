/// Half duplex, the plain answer to echo: while the loudspeaker plays, and for as long as the room rings
/// after it, the microphone counts as silent. No barge-in then. [engine]
struct EchoGate {
    /// Sound below this peak, -50 dBFS, closes nothing.
    static var threshold: Float { 0.003 }
    /// How long a room rings.
    static var tailNs: UInt64 { 250_000_000 }

    var isEnabled = false
    private var closedUntilNs: UInt64 = 0

    /// A block is about to be played; it is heard `latencyNs` later.
    mutating func play(peak: Float, nowNs: UInt64, latencyNs: UInt64) {
        guard isEnabled, peak > Self.threshold else { return }
        closedUntilNs = max(closedUntilNs, nowNs + latencyNs + Self.tailNs)
    }

    /// Whether sound that left the microphone at this time is held off.
    func isClosed(atNs timeNs: UInt64) -> Bool { isEnabled && timeNs < closedUntilNs }
}
