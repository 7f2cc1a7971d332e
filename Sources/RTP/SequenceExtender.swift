/// Makes one rising count of a number that wraps: RTP sequence numbers (16 bit) and timestamps (32 bit).
/// A number is taken for the nearest to the newest before it, so that late ones count down.
public struct SequenceExtender<Number: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    private var newest: Int64?

    public init() {}

    /// - Returns: the extended number; the first is one whole turn up, so that earlier ones stay above 0.
    public mutating func extend(_ number: Number) -> Int64 {
        guard let newest else {
            let first = (Int64(1) << Number.bitWidth) + Int64(number)
            self.newest = first
            return first
        }
        let step = number &- Number(truncatingIfNeeded: newest)
        let half = Number(1) << (Number.bitWidth - 1)
        let extended =
            step < half ? newest + Int64(step) : newest - Int64(Number(0) &- step)
        self.newest = max(newest, extended)
        return extended
    }
}
