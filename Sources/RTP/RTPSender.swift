/// The sending half of a stream: numbers its packets and counts them.
public struct RTPSender: Sendable {
    public let ssrc: UInt32
    public let rateHz: Int
    private var sequence: UInt16
    private let timestampOffset: UInt32
    /// The newest packet: its timestamp and when it went out.
    private var newest: (timestamp: UInt32, atNs: UInt64)?

    public private(set) var packetsSent: UInt32 = 0
    /// Of payload.
    public private(set) var bytesSent: UInt32 = 0
    /// From the peer's reports.
    public private(set) var roundTripNs: UInt64?
    public private(set) var remote: ReportBlock?

    /// - Parameters:
    ///   - rateHz: of the timestamps.
    ///   - ssrc: as signalling announced it; else a random one.
    ///   - random: for what must not be guessed (RFC 3550, section 5.1).
    public init(rateHz: Int, ssrc: UInt32? = nil, random: inout some RandomNumberGenerator) {
        self.rateHz = rateHz
        self.ssrc = ssrc ?? .random(in: 1...UInt32.max, using: &random)
        // Below half, so that a roll-over is not near at the start (RFC 3711, section 3.3.1).
        sequence = .random(in: 0..<0x8000, using: &random)
        timestampOffset = .random(in: 0...UInt32.max, using: &random)
    }

    /// Bytes that ``writeHeader(into:payloadType:timestamp:marker:payloadBytes:nowNs:)`` writes.
    public static var headerBytes: Int { RTPPacket.headerBytes }

    /// Writes the header of the next packet.
    ///
    /// - Parameters:
    ///   - room: ``headerBytes`` at least; the payload goes behind them.
    ///   - timestamp: of the first sample, counted by the caller from anywhere.
    public mutating func writeHeader(
        into room: UnsafeMutableRawBufferPointer, payloadType: UInt8, timestamp: UInt64,
        marker: Bool, payloadBytes: Int, nowNs: UInt64
    ) {
        let stamp = UInt32(truncatingIfNeeded: timestamp) &+ timestampOffset
        room[0] = 0x80
        room[1] = (marker ? 0x80 : 0) | payloadType & 0x7f
        room.storeBytes(of: sequence.bigEndian, toByteOffset: 2, as: UInt16.self)
        room.storeBytes(of: stamp.bigEndian, toByteOffset: 4, as: UInt32.self)
        room.storeBytes(of: ssrc.bigEndian, toByteOffset: 8, as: UInt32.self)
        sequence &+= 1
        packetsSent &+= 1
        bytesSent &+= UInt32(truncatingIfNeeded: payloadBytes)
        newest = (stamp, nowNs)
    }

    /// What to report of ourselves; nil before the first packet.
    public func report(nowNs: UInt64, unixNs: UInt64) -> SenderReport? {
        guard let newest else { return nil }
        let since = nowNs - min(nowNs, newest.atNs)
        return SenderReport(
            time: NTPTime(unixNs: unixNs),
            timestamp: newest.timestamp
                &+ UInt32(truncatingIfNeeded: since / 1_000 * UInt64(rateHz) / 1_000_000),
            packets: packetsSent, bytes: bytesSent)
    }

    /// Notes what the peer reports of us.
    public mutating func received(_ block: ReportBlock, unixNs: UInt64) {
        guard block.ssrc == ssrc else { return }
        remote = block
        guard block.lastSenderReport != 0 else { return }
        let units = Int32(
            bitPattern: NTPTime(unixNs: unixNs).middle &- block.lastSenderReport
                &- block.delaySinceLastSenderReport)
        // A clock that was set in between makes nonsense of it.
        guard (0..<(60 << 16)).contains(units) else { return }
        roundTripNs = UInt64(units) * 1_000_000_000 / 65_536
    }
}
