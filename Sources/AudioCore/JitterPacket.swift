/// What a packet says of itself.
public struct PacketHeader: Sendable {
    /// RTP sequence number.
    public var sequence: UInt16
    /// RTP timestamp, in samples of the stream's clock.
    public var timestamp: UInt32
    /// Samples in the packet, by the same clock.
    public var sampleCount: Int
    /// What the samples belong to, and which generation of speech; carried through.
    public var item: SpeechItem
    public var endsItem: Bool
    public var generation: UInt32

    @_noLocks
    public init(
        sequence: UInt16, timestamp: UInt32, sampleCount: Int, item: SpeechItem = SpeechItem(),
        endsItem: Bool = false, generation: UInt32 = 0
    ) {
        self.sequence = sequence
        self.timestamp = timestamp
        self.sampleCount = sampleCount
        self.item = item
        self.endsItem = endsItem
        self.generation = generation
    }
}

/// A packet in a ``JitterBuffer``; its bytes are valid until the buffer is asked for anything else.
public struct JitterPacket {
    public let header: PacketHeader
    public let bytes: UnsafePointer<UInt8>
    public let byteCount: Int

    @_noLocks
    init(header: PacketHeader, bytes: UnsafePointer<UInt8>, byteCount: Int) {
        self.header = header
        self.bytes = bytes
        self.byteCount = byteCount
    }
}

/// What is to be played next.
public enum JitterPull {
    /// Decode this.
    case packet(JitterPacket)
    /// These samples are lost or not here yet: invent them. With `next`, the packet right after them is
    /// here and may hold a copy; it comes again as ``packet(_:)`` by the next pull.
    case conceal(sampleCount: Int, next: JitterPacket?)
    /// The sender is silent for these samples, or has been away too long to invent more.
    case silence(sampleCount: Int)
    /// Nothing is to be played before more comes or more time passes. Ask again at the next tick.
    case wait
}

/// Counters of a ``JitterBuffer``, since it was made; they only grow where nothing else is said. Names and meanings are those of the W3C's
/// webrtc-stats; times are seconds.
public struct JitterStatistics: Sendable, Equatable {
    public var packetsReceived = 0
    /// Never arrived; falls again when one arrives after its turn.
    public var packetsLost = 0
    /// Arrived, but too late, too early for the buffer, malformed, or left out to shorten the delay.
    public var packetsDiscarded = 0
    public var packetsDuplicated = 0
    /// RFC 3550, section 6.4.1.
    public var jitter = 0.0
    /// Sum over the samples given out of the time that each was here; over
    /// ``jitterBufferEmittedCount`` it is the mean delay.
    public var jitterBufferDelay = 0.0
    public var jitterBufferEmittedCount = 0
    /// Samples that stood in for packets, silent ones included.
    public var concealedSamples = 0
    public var silentConcealedSamples = 0
    public var concealmentEvents = 0
    /// Samples that filled time until their packet came after all, so that the delay grew. Counted when it
    /// is played: before, it may still turn out to be lost.
    public var insertedSamplesForDeceleration = 0
    /// Samples left out to shorten the delay.
    public var removedSamplesForAcceleration = 0
    /// Lost packets recovered from the copy in the next.
    public var fecPacketsReceived = 0
    /// Times that the stream began anew: another source, or a jump of its counters.
    public var resynchronisations = 0

    @_noLocks
    public init() {}
}
