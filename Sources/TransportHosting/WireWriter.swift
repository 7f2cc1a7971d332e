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

    fileprivate func write(to packet: inout [UInt8]) {
        var raw = parley_wire_header(
            version: UInt16(PARLEY_WIRE_VERSION), kind: kind, session: session, id: id,
            flags: hasMore ? UInt32(PARLEY_WIRE_MORE) : 0, audio_position: audioPosition)
        withUnsafeBytes(of: &raw) { packet.append(contentsOf: $0) }
    }
}

/// A message to a host: a header, and a body of integers and strings.
struct WireMessage {
    var header: WireHeader
    private(set) var body: [UInt8] = []

    init(_ header: WireHeader) { self.header = header }

    mutating func append(_ value: UInt32) {
        withUnsafeBytes(of: value) { body.append(contentsOf: $0) }
    }

    mutating func append(_ value: UInt64) {
        withUnsafeBytes(of: value) { body.append(contentsOf: $0) }
    }

    /// A string and its NUL. One inside would shift every string behind it, so the text ends there.
    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            let size = bytes.baseAddress.map { strnlen($0, bytes.count) } ?? 0
            body.append(contentsOf: bytes.prefix(size))
        }
        body.append(0)
    }

    /// The packets that carry it, in order.
    var packets: [[UInt8]] {
        let room = Int(PARLEY_WIRE_MESSAGE_MAX) - WireHeader.size
        var packets: [[UInt8]] = []
        var rest = body[...]
        repeat {
            let part = rest.prefix(room)
            rest = rest.dropFirst(part.count)
            var header = header
            header.hasMore = !rest.isEmpty
            var packet: [UInt8] = []
            packet.reserveCapacity(WireHeader.size + part.count)
            header.write(to: &packet)
            packet.append(contentsOf: part)
            packets.append(packet)
        } while !rest.isEmpty
        return packets
    }
}
