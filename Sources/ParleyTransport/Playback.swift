import CParleyTransport

/// What became of speech that was given to ``TransportHost/audio(_:_:)``, from the device's clock.
public enum Playback: Sendable, Hashable {
    /// The first sample of the item reached the listener.
    case started(PlaybackPosition)
    /// The last sample of the item reached the listener.
    case finished(PlaybackPosition)
    /// The unfinished item was cut off; one call for each, oldest first.
    case flushed(PlaybackPosition, InterruptCause)
    /// The flush is complete. The SDK has adopted the new generation and sent what it held back.
    case flushEnd(InterruptCause)
    /// The queue emptied before the end of the item.
    case ranDry(PlaybackPosition)
}

/// How far an item came, in samples at ``rateHz``.
public struct PlaybackPosition: Sendable, Hashable {
    /// nil for audio that named none.
    public var itemID: String?
    public var contentIndex: Int
    public var rateHz: Int
    /// Really played: the device's latency is taken off.
    public var heardSamples: UInt64
    /// Received from the transport.
    public var receivedSamples: UInt64

    public init(
        itemID: String?, contentIndex: Int, rateHz: Int, heardSamples: UInt64,
        receivedSamples: UInt64
    ) {
        self.itemID = itemID
        self.contentIndex = contentIndex
        self.rateHz = rateHz
        self.heardSamples = heardSamples
        self.receivedSamples = receivedSamples
    }

    /// What a peer is told when its speech is cut off.
    public var heardMs: UInt64 { rateHz > 0 ? heardSamples * 1000 / UInt64(rateHz) : 0 }
}

/// Who cut speech off.
public enum InterruptCause: UInt32, Sendable, Hashable {
    /// The peer heard the user speak.
    case speech = 1
    /// A program asked.
    case client = 2
    /// The peer cleared its output for a reason of its own.
    case peer = 3
    /// The session ends or reconnects.
    case close = 4
}

extension Playback {
    /// nil for a kind that this version does not know.
    init?(_ raw: parley_playback_t) {
        let position = PlaybackPosition(
            itemID: raw.item_id.map { String(cString: $0) }, contentIndex: Int(raw.content_index),
            rateHz: Int(raw.rate_hz), heardSamples: raw.heard_samples,
            receivedSamples: raw.received_samples)
        let cause = InterruptCause(rawValue: raw.cause) ?? .peer
        switch Int(raw.kind) {
        case Int(PARLEY_PLAYBACK_STARTED): self = .started(position)
        case Int(PARLEY_PLAYBACK_FINISHED): self = .finished(position)
        case Int(PARLEY_PLAYBACK_FLUSHED): self = .flushed(position, cause)
        case Int(PARLEY_PLAYBACK_FLUSH_END): self = .flushEnd(cause)
        case Int(PARLEY_PLAYBACK_RAN_DRY): self = .ranDry(position)
        default: return nil
        }
    }
}
