/// Writes a compound RTCP packet (RFC 3550, section 6.1): a report first, the CNAME, then what else there is.
public struct RTCPWriter {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    /// - Parameters:
    ///   - ssrc: our own.
    ///   - report: what we sent; nil while we send nothing.
    ///   - blocks: at most 31.
    public mutating func report(_ ssrc: UInt32, _ report: SenderReport?, _ blocks: [ReportBlock]) {
        let blocks = blocks.prefix(31)
        append(type: report == nil ? 201 : 200, count: blocks.count) { bytes in
            bytes.append(uint32: ssrc)
            if let report {
                bytes.append(uint32: UInt32(report.time.rawValue >> 32))
                bytes.append(uint32: UInt32(truncatingIfNeeded: report.time.rawValue))
                bytes.append(uint32: report.timestamp)
                bytes.append(uint32: report.packets)
                bytes.append(uint32: report.bytes)
            }
            for block in blocks {
                bytes.append(uint32: block.ssrc)
                bytes.append(block.fractionLost)
                let lost = max(-0x80_0000, min(0x7f_ffff, block.packetsLost))
                bytes.append(uint24: UInt32(truncatingIfNeeded: lost) & 0xff_ffff)
                bytes.append(uint32: block.highestSequence)
                bytes.append(uint32: block.jitter)
                bytes.append(uint32: block.lastSenderReport)
                bytes.append(uint32: block.delaySinceLastSenderReport)
            }
        }
    }

    /// - Parameter name: the CNAME; what is over 255 bytes is cut.
    public mutating func sourceDescription(_ ssrc: UInt32, name: String) {
        append(type: 202, count: 1) { bytes in
            let name = Array(name.utf8.prefix(255))
            bytes.append(uint32: ssrc)
            bytes.append(1)
            bytes.append(UInt8(name.count))
            bytes += name
            // At least one zero ends the list, filled up to 32 bits.
            bytes.append(0)
            while bytes.count % 4 != 0 { bytes.append(0) }
        }
    }

    public mutating func goodbye(_ ssrc: UInt32) {
        append(type: 203, count: 1) { $0.append(uint32: ssrc) }
    }

    /// - Parameter feedback: as ``TransportFeedback/take(sender:)`` made it.
    public mutating func append(_ feedback: [UInt8]) { bytes += feedback }

    private mutating func append(
        type: UInt8, count: Int, _ body: (inout [UInt8]) -> Void
    ) {
        let start = bytes.count
        bytes += [0x80 | UInt8(count), type, 0, 0]
        body(&bytes)
        let words = UInt16((bytes.count - start) / 4 - 1)
        bytes[start + 2] = UInt8(words >> 8)
        bytes[start + 3] = UInt8(truncatingIfNeeded: words)
    }
}
