/// What a sender says of itself (RFC 3550, section 6.4.1).
public struct SenderReport: Sendable, Hashable {
    public var time: NTPTime
    /// The RTP timestamp of the same moment.
    public var timestamp: UInt32
    public var packets: UInt32
    /// Of payload.
    public var bytes: UInt32
}

/// What a receiver says of one source.
public struct ReportBlock: Sendable, Hashable {
    public var ssrc: UInt32
    /// In 1/256, since the last report.
    public var fractionLost: UInt8
    /// Goes over the wire in 24 bits, with a sign.
    public var packetsLost: Int64
    public var highestSequence: UInt32
    /// Timestamp units.
    public var jitter: UInt32
    /// The middle of the NTP time of the last sender report, 0 for none.
    public var lastSenderReport: UInt32
    /// 1/65536 s.
    public var delaySinceLastSenderReport: UInt32

    static var byteCount: Int { 24 }
}

/// One packet of a compound RTCP packet.
public enum RTCPPacket: Sendable, Hashable {
    case senderReport(ssrc: UInt32, SenderReport, [ReportBlock])
    case receiverReport(ssrc: UInt32, [ReportBlock])
    /// CNAMEs by source; other items are skipped.
    case sourceDescription([UInt32: String])
    case goodbye([UInt32])
    /// Sequence numbers that the peer misses (RFC 4585, section 6.2.1).
    case nack(media: UInt32, [UInt16])
    /// Transport-wide feedback, not looked into.
    case transportFeedback(media: UInt32)
    /// A type that means nothing here.
    case other(type: UInt8)
}
