/// A ledger of speech that is on its way through a device: which device position holds which sample of
/// which item. [one thread, real-time safe except init and deinit]
///
/// Device positions are those of ``PlaybackClock``: samples at 48 kHz. Speech is recorded in the order
/// in which it is written; the gaps between belong to nobody. Positions asked for may waver, the ledger
/// never goes back. When it is full its oldest entry counts as heard, which loses nothing but detail:
/// entries that continue each other are one.
public struct PlayedItems: ~Copyable {
    private struct Stretch {
        /// Number of the item in the order of their beginnings.
        var serial: Int
        var devicePosition: Int64
        var itemPosition: Int64
        var count: Int64
    }

    private struct Entry {
        var item: SpeechItem
        var rateHz: Int
        /// Position after the last sample on its way.
        var handedOut: Int64
        var heard: Int64
        var hasStarted: Bool
        /// Device position at which the last sample has been heard; nil while more may come.
        var endPosition: Int64?
        /// Whether the end passed with nobody there to hear it.
        var isMissed = false
    }

    private let stretches: UnsafeMutablePointer<Stretch>
    private let stretchCapacity: Int
    private var firstStretch = 0
    private var stretchCount = 0
    private let entries: UnsafeMutablePointer<Entry>
    private let entryCapacity: Int
    private var firstEntry = 0
    private var entryCount = 0
    /// Serial of the oldest entry.
    private var firstSerial = 0
    private var position: Int64 = 0

    public init(stretches: Int = 256, items: Int = 64) {
        precondition(stretches > 1 && items > 1, "a ledger needs room")
        stretchCapacity = stretches
        entryCapacity = items
        self.stretches = .allocate(capacity: stretches)
        entries = .allocate(capacity: items)
    }

    deinit {
        stretches.deallocate()
        entries.deallocate()
    }

    /// Items on their way or not ended.
    public var itemCount: Int { @_noLocks get { entryCount } }

    // MARK: Writing

    /// Notes that `chunk` will be heard from `devicePosition` on. A chunk of 0 samples that ends its
    /// item ends it at `devicePosition`.
    @_noLocks
    public mutating func record(_ chunk: PlayoutChunk, rateHz: Int, at devicePosition: Int64) {
        let last = entry(entryCount - 1)
        let continues =
            entryCount > 0 && entries[last].item == chunk.item && entries[last].endPosition == nil
            && entries[last].rateHz == rateHz
        if !continues {
            if entryCount == entryCapacity { dropEntry() }
            let fresh = Entry(
                item: chunk.item, rateHz: rateHz, handedOut: chunk.itemPosition,
                heard: chunk.itemPosition, hasStarted: false, endPosition: nil)
            (entries + entry(entryCount)).initialize(to: fresh)
            entryCount += 1
        }
        let place = entry(entryCount - 1)
        let serial = firstSerial + entryCount - 1
        let count = Int64(chunk.count)
        entries[place].handedOut = chunk.itemPosition + count
        if chunk.endsItem {
            entries[place].endPosition =
                devicePosition + Self.deviceCount(count, rateHz: rateHz)
        }
        guard count > 0 else { return }
        if stretchCount > 0 {
            let last = stretch(stretchCount - 1)
            let end =
                stretches[last].devicePosition
                + Self.deviceCount(stretches[last].count, rateHz: rateHz)
            if stretches[last].serial == serial, end == devicePosition,
                stretches[last].itemPosition + stretches[last].count == chunk.itemPosition
            {
                stretches[last].count += count
                return
            }
        }
        if stretchCount == stretchCapacity { hearFirstStretch() }
        let fresh = Stretch(
            serial: serial, devicePosition: devicePosition, itemPosition: chunk.itemPosition,
            count: count)
        (stretches + stretch(stretchCount)).initialize(to: fresh)
        stretchCount += 1
    }

    /// Notes that `item` ended at `devicePosition` after `received` samples while nobody listened: what
    /// was heard of it before is all that was.
    @_noLocks
    public mutating func recordMissedEnd(
        _ item: SpeechItem, received: Int64, rateHz: Int, at devicePosition: Int64
    ) {
        let chunk = PlayoutChunk(item: item, itemPosition: 0, count: 0, endsItem: true)
        record(chunk, rateHz: rateHz, at: devicePosition)
        let place = entry(entryCount - 1)
        entries[place].handedOut = received
        entries[place].isMissed = true
    }

    // MARK: The clock

    /// Whether ``advance(to:)`` can give an event for what is recorded so far: an item waits to start
    /// or to end. Between the two the clock may be left alone.
    public var mayHaveNews: Bool {
        @_noLocks get {
            guard entryCount > 0 else { return false }
            let first = entries[firstEntry]
            return entryCount > 1 || !first.hasStarted || first.endPosition != nil
        }
    }

    /// Moves on to `devicePosition` by one event. Call it until it returns nil.
    @_noLocks
    public mutating func advance(to devicePosition: Int64) -> PlaybackEvent? {
        position = max(position, devicePosition)
        while true {
            if let done = finishFirstEntry() { return done }
            guard stretchCount > 0 else { return nil }
            let place = firstStretch
            let played = position - stretches[place].devicePosition
            guard played > 0 else { return nil }
            let owner = entry(stretches[place].serial - firstSerial)
            if !entries[owner].hasStarted {
                entries[owner].hasStarted = true
                return .started(entries[owner].item)
            }
            let rateHz = entries[owner].rateHz
            if played >= Self.deviceCount(stretches[place].count, rateHz: rateHz) {
                hearFirstStretch()
                continue
            }
            entries[owner].heard =
                stretches[place].itemPosition + Self.itemCount(played, rateHz: rateHz)
            return nil
        }
    }

    /// An item is finished when it has ended and been heard, or, where a peer marks no ends, when it
    /// has been heard and a later one has started.
    @_noLocks
    private mutating func finishFirstEntry() -> PlaybackEvent? {
        guard entryCount > 0 else { return nil }
        if stretchCount > 0, stretches[firstStretch].serial == firstSerial { return nil }
        let place = firstEntry
        if let end = entries[place].endPosition {
            guard position >= end else { return nil }
        } else {
            guard entryCount > 1, entries[entry(1)].hasStarted else { return nil }
        }
        let last = entries[place]
        let done: PlaybackEvent =
            last.isMissed
            ? .missed(
                last.item, heard: last.heard, received: last.handedOut, rateHz: last.rateHz)
            : .finished(last.item, samples: last.heard, rateHz: last.rateHz)
        popEntry()
        return done
    }

    /// Samples of `item` heard at the position last given to ``advance(to:)``; nil when the ledger does
    /// not know it (any more).
    @_noLocks
    public func heard(of item: SpeechItem) -> Int64? {
        var index = entryCount - 1
        while index >= 0 {
            if entries[entry(index)].item == item { return entries[entry(index)].heard }
            index -= 1
        }
        return nil
    }

    // MARK: Interruption

    /// Cuts everything off: lists the items that were not heard to their end, oldest first, and empties
    /// the ledger and `queue`. Call ``advance(to:)`` until nil before, with the position at which sound
    /// ends.
    /// - Parameter cut: room for `capacity` items; further ones are dropped unlisted.
    /// - Returns: how many were listed.
    @_noLocks
    public mutating func cutOff(
        _ queue: inout PlayoutQueue, into cut: UnsafeMutablePointer<CutItem>, capacity: Int
    ) -> Int {
        var count = 0
        var index = 0
        while index < entryCount, count < capacity {
            let place = entry(index)
            let received = queue.received(of: entries[place].item) ?? 0
            let item = CutItem(
                item: entries[place].item, heard: entries[place].heard,
                received: max(received, entries[place].handedOut), rateHz: entries[place].rateHz)
            (cut + count).initialize(to: item)
            count += 1
            index += 1
        }
        index = 0
        while index < queue.itemCount, count < capacity {
            let queued = queue.item(at: index)
            if !contains(queued.item, in: cut, count: count) {
                let item = CutItem(
                    item: queued.item, heard: 0, received: queued.received, rateHz: queue.rateHz)
                (cut + count).initialize(to: item)
                count += 1
            }
            index += 1
        }
        queue.flush()
        reset()
        return count
    }

    @_noLocks
    private func contains(
        _ item: SpeechItem, in cut: UnsafeMutablePointer<CutItem>, count: Int
    ) -> Bool {
        var index = 0
        while index < count {
            if cut[index].item == item { return true }
            index += 1
        }
        return false
    }

    /// Forgets everything, the position too: for a new device.
    @_noLocks
    public mutating func reset() {
        firstSerial += entryCount
        entryCount = 0
        firstEntry = 0
        stretchCount = 0
        firstStretch = 0
        position = 0
    }

    // MARK: Rings

    @_noLocks
    private func stretch(_ index: Int) -> Int {
        let place = firstStretch + index
        return place < stretchCapacity ? place : place - stretchCapacity
    }

    @_noLocks
    private func entry(_ index: Int) -> Int {
        let place = firstEntry + index
        return place < entryCapacity ? place : place - entryCapacity
    }

    @_noLocks
    private mutating func hearFirstStretch() {
        let owner = entry(stretches[firstStretch].serial - firstSerial)
        entries[owner].heard = stretches[firstStretch].itemPosition + stretches[firstStretch].count
        firstStretch = stretch(1)
        stretchCount -= 1
    }

    @_noLocks
    private mutating func popEntry() {
        firstEntry = entry(1)
        entryCount -= 1
        firstSerial += 1
    }

    /// Makes room by forgetting the oldest item and its stretches.
    @_noLocks
    private mutating func dropEntry() {
        while stretchCount > 0, stretches[firstStretch].serial == firstSerial { hearFirstStretch() }
        popEntry()
    }

    @_noLocks
    private static func deviceCount(_ count: Int64, rateHz: Int) -> Int64 {
        count * PlaybackClock.rateHz / Int64(rateHz)
    }

    @_noLocks
    private static func itemCount(_ deviceCount: Int64, rateHz: Int) -> Int64 {
        deviceCount * Int64(rateHz) / PlaybackClock.rateHz
    }
}
