import CParleyWire
import Glibc

/// What goes before the body of a message to a host.
struct WireHeader: Hashable, Sendable {
    var kind: UInt16
    var session: UInt32 = 0
    var id: UInt32 = 0
    var hasMore = false
    var audioPosition: UInt64 = 0

    static let size = MemoryLayout<parley_wire_header>.size

    init(
        kind: UInt16, session: UInt32 = 0, id: UInt32 = 0, hasMore: Bool = false,
        audioPosition: UInt64 = 0
    ) {
        self.kind = kind
        self.session = session
        self.id = id
        self.hasMore = hasMore
        self.audioPosition = audioPosition
    }

    /// Reads the header of a packet.
    init(_ packet: UnsafeRawBufferPointer) throws(HostProtocolError) {
        guard packet.count >= Self.size else { throw .tooShort }
        let raw = packet.loadUnaligned(as: parley_wire_header.self)
        guard raw.version == PARLEY_WIRE_VERSION else { throw .unknownVersion(raw.version) }
        guard raw.flags & ~UInt32(PARLEY_WIRE_MORE) == 0 else { throw .unknownValue("flag") }
        self.init(
            kind: raw.kind, session: raw.session, id: raw.id, hasMore: raw.flags != 0,
            audioPosition: raw.audio_position)
    }

    fileprivate func write(to packet: WipedBytes) {
        var raw = parley_wire_header(
            version: UInt16(PARLEY_WIRE_VERSION), kind: kind, session: session, id: id,
            flags: hasMore ? UInt32(PARLEY_WIRE_MORE) : 0, audio_position: audioPosition)
        withUnsafeBytes(of: &raw) { packet.append($0) }
    }
}

/// A message to a host: a header, and a body of integers and strings. Wiped with its packets, since it may
/// carry a secret.
final class WireMessage {
    var header: WireHeader
    private let content = WipedBytes(capacity: 64)
    var body: UnsafeRawBufferPointer { content.bytes }

    init(_ header: WireHeader) { self.header = header }

    func append(_ value: UInt32) { withUnsafeBytes(of: value) { content.append($0) } }

    func append(_ value: UInt64) { withUnsafeBytes(of: value) { content.append($0) } }

    func append(_ text: String) {
        var text = text
        text.withUTF8 { appendString(UnsafeRawBufferPointer($0)) }
    }

    /// A string and its NUL. One inside would shift every string behind it, so the text ends there.
    func appendString(_ bytes: UnsafeRawBufferPointer) {
        let size = bytes.baseAddress.map { start in
            strnlen(start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        content.append(UnsafeRawBufferPointer(rebasing: bytes.prefix(size ?? 0)))
        withUnsafeBytes(of: 0 as UInt8) { content.append($0) }
    }

    /// The packets that carry it, in order.
    var packets: [WipedBytes] {
        let room = Int(PARLEY_WIRE_MESSAGE_MAX) - WireHeader.size
        var packets: [WipedBytes] = []
        var rest = body[...]
        repeat {
            let part = rest.prefix(room)
            rest = rest.dropFirst(part.count)
            var header = header
            header.hasMore = !rest.isEmpty
            let packet = WipedBytes(capacity: WireHeader.size + part.count)
            header.write(to: packet)
            packet.append(UnsafeRawBufferPointer(rebasing: part))
            packets.append(packet)
        } while !rest.isEmpty
        return packets
    }
}
