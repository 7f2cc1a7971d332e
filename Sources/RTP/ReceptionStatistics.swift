/// What reception reports say of one source (RFC 3550, sections 6.4.1, A.1, A.3 and A.8).
///
/// Numbers that jump, as they do when a bridge joins another party, are no loss: a number far from the
/// newest counts when the one after it follows, and a new series begins with that.
public struct ReceptionStatistics: Sendable {
    /// Ahead of the newest that may have been lost, and behind it that may be late (A.1).
    private static var series: ClosedRange<Int64> { -100...3_000 }
    /// A packet that is later than this against the one before it has a new clock.
    private static var clockJumpSeconds: Int64 { 3 }

    private let rateHz: Int
    /// Of the series.
    private var first: Int64?
    private var highest: Int64 = 0
    /// In the series before.
    private var expectedEarlier: Int64 = 0
    /// The number that would make a new series of one that was far off.
    private var awaited: Int64?
    private var expectedBefore: Int64 = 0
    private var receivedBefore: Int64 = 0
    private var transit: Int64?
    /// In 1/16 of a timestamp unit.
    private var jitter16: Int64 = 0

    public private(set) var packetsReceived: Int64 = 0
    public private(set) var bytesReceived: Int64 = 0

    /// - Parameter rateHz: of the timestamps.
    public init(rateHz: Int) { self.rateHz = rateHz }

    /// - Parameters:
    ///   - sequence: extended.
    ///   - timestamp: as in the packet.
    mutating func received(
        sequence: Int64, timestamp: UInt32, payloadBytes: Int, nowNs: UInt64
    ) {
        if first == nil { begin(at: sequence) }
        if Self.series.contains(sequence - highest) {
            awaited = nil
        } else if sequence == awaited {
            expectedEarlier = expected
            begin(at: sequence)
        } else {
            awaited = sequence + 1
            return
        }
        highest = max(highest, sequence)
        packetsReceived += 1
        bytesReceived += Int64(payloadBytes)

        let arrival = UInt32(
            truncatingIfNeeded: nowNs / 1_000 * UInt64(rateHz) / 1_000_000)
        let now = Int64(arrival &- timestamp)
        if let transit {
            // Both are 32 bit clocks: the shorter way round.
            let step = Int64(Int32(truncatingIfNeeded: now - transit))
            if abs(step) <= Self.clockJumpSeconds * Int64(rateHz) {
                jitter16 += abs(step) - (jitter16 + 8) >> 4
            }
        }
        transit = now
    }

    private mutating func begin(at sequence: Int64) {
        first = sequence
        highest = sequence
        awaited = nil
    }

    public var highestSequence: UInt32 { UInt32(truncatingIfNeeded: highest) }
    private var expected: Int64 { expectedEarlier + (first.map { highest - $0 + 1 } ?? 0) }

    /// Below 0 when duplicates outnumber losses.
    public var packetsLost: Int64 { expected - packetsReceived }
    /// Timestamp units.
    public var jitter: UInt32 { UInt32(truncatingIfNeeded: jitter16 >> 4) }
    public var jitterSeconds: Double { Double(jitter) / Double(rateHz) }

    /// The share lost since the last question, in 1/256.
    mutating func takeFractionLost() -> UInt8 {
        let expectedNow = expected - expectedBefore
        let lostNow = expectedNow - (packetsReceived - receivedBefore)
        expectedBefore = expected
        receivedBefore = packetsReceived
        guard expectedNow > 0, lostNow > 0 else { return 0 }
        return UInt8(clamping: lostNow * 256 / expectedNow)
    }
}
