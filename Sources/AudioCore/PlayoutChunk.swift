/// A piece of speech that left a ``PlayoutQueue``: samples of one item.
public struct PlayoutChunk: Sendable, Equatable {
    public var item: SpeechItem
    /// Which sample of the item the first one is.
    public var itemPosition: Int64
    /// Samples; 0 when only the item's end was left.
    public var count: Int
    /// Whether these are the item's last samples.
    public var endsItem: Bool

    @_noLocks
    public init(item: SpeechItem, itemPosition: Int64, count: Int, endsItem: Bool) {
        self.item = item
        self.itemPosition = itemPosition
        self.count = count
        self.endsItem = endsItem
    }
}

/// What a ``PlayoutQueue`` knows of an item. Counts are samples at the queue's rate.
public struct QueuedItem: Sendable, Equatable {
    public var item: SpeechItem
    /// Samples of the item that were ever appended.
    public var received: Int64
    /// Samples of the item that were ever read.
    public var handedOut: Int64
    /// Whether no more samples of it will come.
    public var isComplete: Bool

    @_noLocks
    init(item: SpeechItem, received: Int64, handedOut: Int64, isComplete: Bool) {
        self.item = item
        self.received = received
        self.handedOut = handedOut
        self.isComplete = isComplete
    }
}
