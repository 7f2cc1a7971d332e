import ParleyTransport

/// Frames on their way, soonest first. Storage is used again, so that a line in steady use allocates
/// nothing.
struct DelayLine {
    static let framesMax = 16384

    private struct Slot {
        var header: AudioHeader
        var bytes: [UInt8]
    }

    private struct Entry {
        var dueNs: UInt64
        /// Frames that are due together leave in the order in which they came.
        var order: UInt64
        var slot: Int
    }

    private var slots: [Slot] = []
    private var free: [Int] = []
    /// A binary heap.
    private var entries: [Entry] = []
    private var lastOrder: UInt64 = 0

    var isEmpty: Bool { entries.isEmpty }
    var nextDueNs: UInt64? { entries.first?.dueNs }

    /// A full line loses the frame.
    mutating func add(_ header: AudioHeader, _ bytes: RawSpan, dueNs: UInt64) {
        guard entries.count < Self.framesMax else { return }
        let slot = takeSlot(header)
        slots[slot].bytes.removeAll(keepingCapacity: true)
        bytes.withUnsafeBytes { slots[slot].bytes.append(contentsOf: $0) }
        lastOrder += 1
        entries.append(Entry(dueNs: dueNs, order: lastOrder, slot: slot))
        siftUp(entries.count - 1)
    }

    /// Gives the soonest frame to `emit`, if it is due.
    mutating func removeDue(nowNs: UInt64, _ emit: (AudioHeader, RawSpan) -> Void) -> Bool {
        guard let first = entries.first, first.dueNs <= nowNs else { return false }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            siftDown()
        }
        let slot = slots[first.slot]
        emit(slot.header, slot.bytes.span.bytes)
        free.append(first.slot)
        return true
    }

    mutating func removeAll() {
        for entry in entries { free.append(entry.slot) }
        entries.removeAll(keepingCapacity: true)
    }

    private mutating func takeSlot(_ header: AudioHeader) -> Int {
        if let slot = free.popLast() {
            slots[slot].header = header
            return slot
        }
        slots.append(Slot(header: header, bytes: []))
        return slots.count - 1
    }

    private func isSooner(_ one: Int, _ other: Int) -> Bool {
        (entries[one].dueNs, entries[one].order) < (entries[other].dueNs, entries[other].order)
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        while place > 0, isSooner(place, (place - 1) / 2) {
            entries.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func siftDown() {
        var place = 0
        while true {
            var soonest = place
            for child in (2 * place + 1)...(2 * place + 2)
            where child < entries.count && isSooner(child, soonest) {
                soonest = child
            }
            guard soonest != place else { return }
            entries.swapAt(place, soonest)
            place = soonest
        }
    }
}
