/// What reception reports say of one source (RFC 3550, sections 6.4.1, A.3 and A.8).
public struct ReceptionStatistics: Sendable {
    private let rateHz: Int
    private var first: Int64?
    private var highest: Int64 = 0
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
        if first == nil {
            first = sequence
            highest = sequence
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
            jitter16 += abs(step) - (jitter16 + 8) >> 4
        }
        transit = now
    }

    public var highestSequence: UInt32 { UInt32(truncatingIfNeeded: highest) }
    private var expected: Int64 { first.map { highest - $0 + 1 } ?? 0 }

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
