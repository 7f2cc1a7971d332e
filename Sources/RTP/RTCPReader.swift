/// Reads compound RTCP packets (RFC 3550, section 6; reduced size: RFC 5506).
public enum RTCPReader {
    private static var headBytes: Int { 4 }

    /// - Throws: when any part is malformed; then nothing of it is to be believed.
    public static func read(_ bytes: UnsafeRawBufferPointer) throws(RTPFault) -> [RTCPPacket] {
        var packets: [RTCPPacket] = []
        var offset = 0
        while offset < bytes.count {
            guard offset + headBytes <= bytes.count else { throw .truncated }
            guard bytes[offset] >> 6 == 2 else { throw .version }
            let type = bytes[offset + 1]
            var end = offset + headBytes + 4 * Int(bytes.uint16(at: offset + 2))
            guard end <= bytes.count else { throw .truncated }
            let next = end
            if bytes[offset] & 0x20 != 0 {
                // In the last packet alone. Not always whole words: transport-wide feedback fills its own.
                let padding = Int(bytes[end - 1])
                guard end == bytes.count, padding > 0, end - padding >= offset + headBytes
                else { throw .padding }
                end -= padding
            }
            let body = UnsafeRawBufferPointer(rebasing: bytes[(offset + headBytes)..<end])
            packets.append(try packet(type, count: Int(bytes[offset] & 0x1f), body))
            offset = next
        }
        return packets
    }

    private static func packet(
        _ type: UInt8, count: Int, _ body: UnsafeRawBufferPointer
    ) throws(RTPFault) -> RTCPPacket {
        switch type {
        case 200:
            guard body.count >= 24 else { throw .length }
            let report = SenderReport(
                time: NTPTime(
                    rawValue: UInt64(body.uint32(at: 4)) << 32 | UInt64(body.uint32(at: 8))),
                timestamp: body.uint32(at: 12), packets: body.uint32(at: 16),
                bytes: body.uint32(at: 20))
            return .senderReport(
                ssrc: body.uint32(at: 0), report, try blocks(body, from: 24, count: count))
        case 201:
            guard body.count >= 4 else { throw .length }
            return .receiverReport(
                ssrc: body.uint32(at: 0), try blocks(body, from: 4, count: count))
        case 202: return .sourceDescription(try names(body, count: count))
        case 203:
            guard body.count >= 4 * count else { throw .length }
            return .goodbye((0..<count).map { body.uint32(at: 4 * $0) })
        case 205:
            guard body.count >= 8 else { throw .length }
            switch count {
            case 1: return .nack(media: body.uint32(at: 4), missing(body))
            case 15: return .transportFeedback(media: body.uint32(at: 4))
            default: return .other(type: type)
            }
        default: return .other(type: type)
        }
    }

    private static func blocks(
        _ body: UnsafeRawBufferPointer, from start: Int, count: Int
    ) throws(RTPFault) -> [ReportBlock] {
        guard body.count >= start + count * ReportBlock.byteCount else { throw .length }
        return (0..<count).map { number in
            let offset = start + number * ReportBlock.byteCount
            // 24 bits with a sign.
            let lost = Int32(bitPattern: body.uint24(at: offset + 5) << 8) >> 8
            return ReportBlock(
                ssrc: body.uint32(at: offset), fractionLost: body[offset + 4],
                packetsLost: Int64(lost), highestSequence: body.uint32(at: offset + 8),
                jitter: body.uint32(at: offset + 12),
                lastSenderReport: body.uint32(at: offset + 16),
                delaySinceLastSenderReport: body.uint32(at: offset + 20))
        }
    }

    private static func names(
        _ body: UnsafeRawBufferPointer, count: Int
    ) throws(RTPFault) -> [UInt32: String] {
        var names: [UInt32: String] = [:]
        var offset = 0
        for _ in 0..<count {
            guard offset + 4 <= body.count else { throw .length }
            let source = body.uint32(at: offset)
            offset += 4
            while true {
                guard offset < body.count else { throw .length }
                let item = body[offset]
                if item == 0 { break }
                guard offset + 2 <= body.count else { throw .length }
                let length = Int(body[offset + 1])
                guard offset + 2 + length <= body.count else { throw .length }
                if item == 1 {
                    names[source] = String(
                        decoding: body[(offset + 2)..<(offset + 2 + length)], as: UTF8.self)
                }
                offset += 2 + length
            }
            // The end of a chunk, filled up to 32 bits.
            offset = (offset + 4) & ~3
        }
        return names
    }

    private static func missing(_ body: UnsafeRawBufferPointer) -> [UInt16] {
        var missing: [UInt16] = []
        for offset in stride(from: 8, to: body.count - 3, by: 4) {
            let first = body.uint16(at: offset)
            let more = body.uint16(at: offset + 2)
            missing.append(first)
            for bit in 0..<16 where more & (1 << bit) != 0 {
                missing.append(first &+ UInt16(bit) &+ 1)
            }
        }
        return missing
    }
}
