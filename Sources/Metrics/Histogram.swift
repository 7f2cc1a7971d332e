/// How often a figure fell below each of some bounds. For the control thread; the audio path counts in
/// atomics of its own.
public struct Histogram: Sendable, Hashable {
    /// Upper bounds, ascending; a last bucket without bound follows them.
    public let bounds: [Double]
    /// Of each bucket by itself, one more than there are bounds.
    public private(set) var counts: [Int]
    public private(set) var sum = 0.0

    public init(bounds: [Double]) {
        precondition(bounds == bounds.sorted(), "the bounds of a histogram ascend")
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    public mutating func note(_ value: Double) {
        guard value.isFinite else { return }
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }
}
