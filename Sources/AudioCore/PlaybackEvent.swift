/// What became of an item, by the device's clock.
public enum PlaybackEvent: Sendable, Equatable {
    /// The item's first sample reached the listener.
    case started(SpeechItem)
    /// The item's last sample reached the listener.
    case finished(SpeechItem, samples: Int64, rateHz: Int)
    /// It ended while nobody listened: `heard` of `received` samples were heard.
    case missed(SpeechItem, heard: Int64, received: Int64, rateHz: Int)
}

/// An item that an interruption cut off. Counts are samples at ``rateHz``.
public struct CutItem: Sendable, Equatable {
    public var item: SpeechItem
    public var heard: Int64
    public var received: Int64
    public var rateHz: Int

    @_noLocks
    public init(item: SpeechItem, heard: Int64, received: Int64, rateHz: Int) {
        self.item = item
        self.heard = heard
        self.received = received
        self.rateHz = rateHz
    }
}
