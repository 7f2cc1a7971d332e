/// What is wrong with a packet.
public enum RTPFault: Error, Sendable, Hashable {
    /// Shorter than its header says.
    case truncated
    /// Another version than 2.
    case version
    /// More padding than payload, or none where some was announced.
    case padding
    /// A list of RTCP blocks that does not fill its packet.
    case length
}

/// A received RTP packet (RFC 3550, section 5.1), looked at where it lies: ``payload`` and ``extensions``
/// are valid as long as the memory is. Reading one allocates nothing.
public struct RTPPacket {
    public let payloadType: UInt8
    public let marker: Bool
    public let sequence: UInt16
    public let timestamp: UInt32
    public let ssrc: UInt32
    public let extensions: RTPHeaderExtensions
    /// Without the padding of RTP; what an Opus packet pads is the decoder's.
    public let payload: UnsafeRawBufferPointer

    static var headerBytes: Int { 12 }

    public init(_ bytes: UnsafeRawBufferPointer) throws(RTPFault) {
        guard bytes.count >= Self.headerBytes else { throw .truncated }
        guard bytes[0] >> 6 == 2 else { throw .version }
        var start = Self.headerBytes + 4 * Int(bytes[0] & 0x0f)
        var end = bytes.count
        var extensions = RTPHeaderExtensions()
        guard start <= end else { throw .truncated }
        if bytes[0] & 0x10 != 0 {
            guard start + 4 <= end else { throw .truncated }
            let profile = bytes.uint16(at: start)
            let count = 4 * Int(bytes.uint16(at: start + 2))
            start += 4
            guard start + count <= end else { throw .truncated }
            extensions = RTPHeaderExtensions(
                profile: profile,
                bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)]))
            start += count
        }
        if bytes[0] & 0x20 != 0 {
            guard start < end else { throw .padding }
            let padding = Int(bytes[end - 1])
            guard (1...(end - start)).contains(padding) else { throw .padding }
            end -= padding
        }
        marker = bytes[1] & 0x80 != 0
        payloadType = bytes[1] & 0x7f
        sequence = bytes.uint16(at: 2)
        timestamp = bytes.uint32(at: 4)
        ssrc = bytes.uint32(at: 8)
        self.extensions = extensions
        payload = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}
