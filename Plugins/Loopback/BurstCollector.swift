import ParleyTransport

/// A peer that speaks faster than real time, like a model: collects so much sound, then delivers it in
/// one go, as an item.
struct BurstCollector {
    let lengthNs: UInt64
    let delayNs: UInt64
    private var collectedNs: UInt64 = 0
    private var number = 1
    private var itemID = "item_burst_1"
    /// Frames of the burst that is being collected: a line that runs only when it is complete.
    private var frames = DelayLine()

    init(lengthNs: UInt64, delayNs: UInt64) {
        self.lengthNs = lengthNs
        self.delayNs = delayNs
    }

    mutating func add(
        _ header: AudioHeader, _ bytes: RawSpan, durationNs: UInt64, nowNs: UInt64,
        to line: inout DelayLine
    ) {
        var header = header
        header.itemID = itemID
        collectedNs += durationNs
        let isComplete = collectedNs >= lengthNs
        if isComplete { header.flags.insert(.endOfItem) }
        frames.add(header, bytes, dueNs: 0)
        guard isComplete else { return }
        while frames.removeDue(
            nowNs: 0, { line.add($0, $1, dueNs: nowNs + delayNs) })
        {}
        collectedNs = 0
        number += 1
        itemID = "item_burst_\(number)"
    }

    mutating func drop() {
        frames.removeAll()
        collectedNs = 0
    }
}
