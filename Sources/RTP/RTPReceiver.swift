/// The receiving half of a stream: which source counts, in which order its packets were sent, and the
/// statistics of it.
///
/// A stray packet of another source changes nothing; a source that sends two packets in a row takes over
/// (RFC 3550, A.1): a peer that restarts, or a bridge that switches to another party.
public struct RTPReceiver: Sendable {
    public struct Reception: Sendable, Hashable {
        /// Extended; rises by one for each packet the peer sends.
        public var sequence: Int64
        /// Extended, in samples of the stream's clock.
        public var timestamp: Int64
        /// The first packet of another source than before.
        public var isNewSource: Bool
    }

    /// In a row, until a new source is believed.
    private static var probation: Int { 2 }

    private let rateHz: Int
    private var sequences = SequenceExtender<UInt16>()
    private var timestamps = SequenceExtender<UInt32>()
    private var candidate: (ssrc: UInt32, next: UInt16, count: Int)?
    private var lastReport: (middle: UInt32, atNs: UInt64)?

    public private(set) var ssrc: UInt32?
    public private(set) var statistics: ReceptionStatistics
    /// Sources that took over from another.
    public private(set) var sourceChanges = 0
    public private(set) var lastPacketNs: UInt64?

    /// - Parameters:
    ///   - rateHz: of the timestamps.
    ///   - ssrc: where signalling names it; else the first packet does.
    public init(rateHz: Int, ssrc: UInt32? = nil) {
        self.rateHz = rateHz
        self.ssrc = ssrc
        statistics = ReceptionStatistics(rateHz: rateHz)
    }

    /// - Returns: nil for a packet of a source that is not believed.
    public mutating func receive(_ packet: RTPPacket, nowNs: UInt64) -> Reception? {
        var isNewSource = false
        if ssrc == nil { ssrc = packet.ssrc }
        if packet.ssrc != ssrc {
            guard isBelieved(packet) else { return nil }
            changeSource(to: packet.ssrc)
            isNewSource = true
        } else {
            candidate = nil
        }
        lastPacketNs = nowNs
        let sequence = sequences.extend(packet.sequence)
        statistics.received(
            sequence: sequence, timestamp: packet.timestamp, payloadBytes: packet.payload.count,
            nowNs: nowNs)
        return Reception(
            sequence: sequence, timestamp: timestamps.extend(packet.timestamp),
            isNewSource: isNewSource)
    }

    private mutating func isBelieved(_ packet: RTPPacket) -> Bool {
        if let known = candidate, known.ssrc == packet.ssrc, known.next == packet.sequence {
            candidate = (packet.ssrc, packet.sequence &+ 1, known.count + 1)
        } else {
            candidate = (packet.ssrc, packet.sequence &+ 1, 1)
        }
        return (candidate?.count ?? 0) >= Self.probation
    }

    private mutating func changeSource(to ssrc: UInt32) {
        self.ssrc = ssrc
        candidate = nil
        lastReport = nil
        sequences = SequenceExtender()
        timestamps = SequenceExtender()
        statistics = ReceptionStatistics(rateHz: rateHz)
        sourceChanges += 1
    }

    /// Notes a sender report of the source, for ``report(nowNs:)``.
    public mutating func received(_ report: SenderReport, from ssrc: UInt32, nowNs: UInt64) {
        guard ssrc == self.ssrc else { return }
        lastReport = (report.time.middle, nowNs)
    }

    /// The block to report of the source; nil before its first packet.
    public mutating func report(nowNs: UInt64) -> ReportBlock? {
        guard let ssrc, statistics.packetsReceived > 0 else { return nil }
        return ReportBlock(
            ssrc: ssrc, fractionLost: statistics.takeFractionLost(),
            packetsLost: statistics.packetsLost, highestSequence: statistics.highestSequence,
            jitter: statistics.jitter, lastSenderReport: lastReport?.middle ?? 0,
            delaySinceLastSenderReport: lastReport.map { NTPTime.units(ns: nowNs - $0.atNs) } ?? 0)
    }
}
