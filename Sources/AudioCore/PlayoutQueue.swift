import Synchronization

/// Speech that may come faster than it is spoken: a bounded queue of 16-bit samples that knows the item
/// of each.
///
/// The samples live in a ring of address space (``PlayoutMemory``); whenever the queue is empty, or holds
/// little, it starts again at the first page, so that a session uses the same few pages over and over. Items
/// stand in a second ring in the order of their samples. An item without end mark stays open until the
/// next one begins. [one thread, real-time safe except init and deinit]
public struct PlayoutQueue: ~Copyable {
    public enum Admission: Sendable {
        case taken
        /// The queue holds its limit; nothing was taken.
        case full
    }

    private struct Segment {
        var item: SpeechItem
        /// Position in the item of the segment's first sample.
        var start: Int64
        var count: Int64
        var handedOut: Int64
        var isComplete: Bool
    }

    public let rateHz: Int
    /// Samples that fit.
    public let capacity: Int
    /// For ``PlayoutMemory/trim()`` on the control side. Fetch it before the queue goes to its thread.
    public let memory: PlayoutMemory

    private let samples: UnsafeMutablePointer<Int16>
    private let segments: UnsafeMutablePointer<Segment>
    private let segmentCapacity: Int
    private let tail: UnsafeMutablePointer<Atomic<Int>>
    private var ownsTail = false

    /// Place of the next sample to read, and of the oldest segment.
    private var readPlace = 0
    private var firstSegment = 0
    /// Samples that wait.
    public private(set) var availableSamples = 0
    /// Items that have samples waiting, or whose end was not read yet.
    public private(set) var itemCount = 0

    /// - Parameters:
    ///   - seconds: speech that fits, at `rateHz`.
    ///   - items: how many items may wait at once.
    public init(rateHz: Int, seconds: Int = 900, items: Int = 1_024) throws(AudioMemoryError) {
        precondition(rateHz > 0 && seconds > 0 && items > 1, "a queue needs a rate and room")
        self.rateHz = rateHz
        capacity = rateHz * seconds
        segmentCapacity = items
        memory = try PlayoutMemory(byteCount: capacity * 2)
        samples = memory.base.bindMemory(to: Int16.self, capacity: capacity)
        tail = memory.tail
        segments = .allocate(capacity: items)
    }

    deinit { segments.deallocate() }

    /// Samples for which there is room.
    public var roomSamples: Int { @_noLocks get { capacity - availableSamples } }

    // MARK: In

    /// Appends all of `count` samples, or nothing. The end mark may come alone, with a count of 0.
    @_noLocks
    public mutating func append(
        _ source: UnsafePointer<Int16>, count: Int, item: SpeechItem, endsItem: Bool = false
    ) -> Admission {
        guard let place = admit(count: count, item: item, endsItem: endsItem) else { return .full }
        let first = min(count, capacity - place)
        UnsafeMutableRawPointer(samples + place).copyMemory(from: source, byteCount: first * 2)
        UnsafeMutableRawPointer(samples)
            .copyMemory(from: source + first, byteCount: (count - first) * 2)
        return .taken
    }

    /// As above, from `Float`.
    @_noLocks
    public mutating func append(
        _ source: UnsafePointer<Float>, count: Int, item: SpeechItem, endsItem: Bool = false
    ) -> Admission {
        guard let place = admit(count: count, item: item, endsItem: endsItem) else { return .full }
        let first = min(count, capacity - place)
        PCM16.convert(source, to: samples + place, count: first)
        PCM16.convert(source + first, to: samples, count: count - first)
        return .taken
    }

    /// As above, from little-endian bytes, two a sample.
    @_noLocks
    public mutating func append(
        littleEndian bytes: UnsafePointer<UInt8>, count: Int, item: SpeechItem,
        endsItem: Bool = false
    ) -> Admission {
        guard let place = admit(count: count, item: item, endsItem: endsItem) else { return .full }
        let first = min(count, capacity - place)
        PCM16.decode(bytes, to: samples + place, count: first)
        PCM16.decode(bytes + first * 2, to: samples, count: count - first)
        return .taken
    }

    /// As above, from G.711.
    @_noLocks
    public mutating func append(
        _ codes: UnsafePointer<UInt8>, law: G711.Law, count: Int, item: SpeechItem,
        endsItem: Bool = false
    ) -> Admission {
        guard let place = admit(count: count, item: item, endsItem: endsItem) else { return .full }
        let first = min(count, capacity - place)
        G711.decode(codes, to: samples + place, count: first, law: law)
        G711.decode(codes + first, to: samples, count: count - first, law: law)
        return .taken
    }

    /// Enters samples into the books.
    /// - Returns: the place of the first; nil when they don't fit.
    @_noLocks
    private mutating func admit(count: Int, item: SpeechItem, endsItem: Bool) -> Int? {
        guard count >= 0, count <= roomSamples else { return nil }
        if availableSamples == 0 { readPlace = 0 }
        moveToFront()
        var place = readPlace + availableSamples
        if place >= capacity { place -= capacity }
        guard claimTail(upTo: place + count) else { return nil }

        if itemCount > 0 {
            let last = segmentPlace(itemCount - 1)
            if segments[last].item == item, !segments[last].isComplete {
                segments[last].count += Int64(count)
                segments[last].isComplete = endsItem
                availableSamples += count
                return place
            }
        }
        guard itemCount < segmentCapacity else { return nil }
        if itemCount == 0 { firstSegment = 0 }
        let segment = Segment(
            item: item, start: received(of: item) ?? 0, count: Int64(count), handedOut: 0,
            isComplete: endsItem)
        (segments + segmentPlace(itemCount)).initialize(to: segment)
        itemCount += 1
        availableSamples += count
        return place
    }

    /// A peer that never stops would walk through the whole ring, and leave every page touched: what
    /// waits goes back to the first pages when it is little beside the way.
    @_noLocks
    private mutating func moveToFront() {
        let isFar = readPlace * 4 >= PlayoutTail.keptBytes && readPlace >= availableSamples * 4
        // A copy of that size takes the engine's thread less than 0.1 ms.
        guard isFar, availableSamples <= rateHz * 5, readPlace + availableSamples <= capacity
        else { return }
        UnsafeMutableRawPointer(samples)
            .copyMemory(from: samples + readPlace, byteCount: availableSamples * 2)
        readPlace = 0
        if availableSamples * 2 <= PlayoutTail.keptBytes { releaseTail() }
    }

    /// Makes sure that nobody trims pages that are about to hold samples. The queue keeps them until it
    /// is empty again.
    @_noLocks
    private mutating func claimTail(upTo end: Int) -> Bool {
        guard !ownsTail, end * 2 > PlayoutTail.keptBytes else { return true }
        let owner = tail.pointee.load(ordering: .relaxed)
        guard owner != PlayoutTail.trimmer else { return false }
        ownsTail =
            tail.pointee.compareExchange(
                expected: owner, desired: PlayoutTail.queue, ordering: .acquiringAndReleasing
            ).exchanged
        return ownsTail
    }

    @_noLocks
    private mutating func releaseTail() {
        guard ownsTail else { return }
        ownsTail = false
        tail.pointee.store(PlayoutTail.left, ordering: .releasing)
    }

    // MARK: Out

    /// Takes up to `count` samples, all of one item. Call it again to go on with the next item.
    /// - Returns: nil when nothing waits.
    @_noLocks
    public mutating func read(
        into target: UnsafeMutablePointer<Float>, count: Int
    ) -> PlayoutChunk? {
        while itemCount > 0 {
            let place = segmentPlace(0)
            let waiting = Int(segments[place].count - segments[place].handedOut)
            if waiting == 0, !segments[place].isComplete {
                // Still open, unless a newer item has begun.
                guard itemCount > 1 else { return nil }
                dropFirstSegment()
                continue
            }
            let taken = max(0, min(count, waiting))
            if taken == 0, waiting > 0 { return nil }
            let chunk = PlayoutChunk(
                item: segments[place].item,
                itemPosition: segments[place].start + segments[place].handedOut, count: taken,
                endsItem: taken == waiting && segments[place].isComplete)
            let first = min(taken, capacity - readPlace)
            PCM16.convert(samples + readPlace, to: target, count: first)
            PCM16.convert(samples, to: target + first, count: taken - first)
            segments[place].handedOut += Int64(taken)
            readPlace += taken
            if readPlace >= capacity { readPlace -= capacity }
            availableSamples -= taken
            if availableSamples == 0 { releaseTail() }
            if chunk.endsItem { dropFirstSegment() }
            return chunk
        }
        return nil
    }

    /// Forgets everything that waits.
    /// - Returns: samples that were dropped.
    @_noLocks
    @discardableResult
    public mutating func flush() -> Int {
        let dropped = availableSamples
        availableSamples = 0
        readPlace = 0
        firstSegment = 0
        itemCount = 0
        releaseTail()
        return dropped
    }

    @_noLocks
    private mutating func dropFirstSegment() {
        firstSegment = segmentPlace(1)
        itemCount -= 1
    }

    @_noLocks
    private func segmentPlace(_ index: Int) -> Int {
        let place = firstSegment + index
        return place < segmentCapacity ? place : place - segmentCapacity
    }

    // MARK: Questions

    /// The item at `index`, oldest first; `index` is less than ``itemCount``. An item that was interleaved
    /// with another stands there once per stretch.
    @_noLocks
    public func item(at index: Int) -> QueuedItem {
        let place = segmentPlace(index)
        return QueuedItem(
            item: segments[place].item, received: segments[place].start + segments[place].count,
            handedOut: segments[place].start + segments[place].handedOut,
            isComplete: segments[place].isComplete)
    }

    /// Samples of `item` ever received; nil when the queue holds nothing of it any more.
    @_noLocks
    public func received(of item: SpeechItem) -> Int64? {
        var index = itemCount - 1
        while index >= 0 {
            let place = segmentPlace(index)
            if segments[place].item == item { return segments[place].start + segments[place].count }
            index -= 1
        }
        return nil
    }

    /// The item whose samples are all read though its end has not come: the queue ran dry.
    public var dryItem: SpeechItem? {
        @_noLocks get {
            guard itemCount == 1, availableSamples == 0 else { return nil }
            let place = segmentPlace(0)
            return segments[place].isComplete ? nil : segments[place].item
        }
    }
}
