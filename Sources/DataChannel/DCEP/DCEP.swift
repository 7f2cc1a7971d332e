/// The protocol that opens data channels (RFC 8832): two messages, on the stream of the channel itself.
public enum DCEP: Sendable, Hashable {
    case open(DataChannelParameters)
    case ack

    /// What makes a peer's message one to be dropped.
    public struct Malformed: Error, Sendable, Hashable {}

    /// - Throws: for what RFC 8832, section 5 does not describe.
    public init(_ bytes: UnsafeRawBufferPointer) throws(Malformed) {
        guard let type = bytes.first else { throw Malformed() }
        switch type {
        case 0x02: self = .ack
        case 0x03: self = .open(try DataChannelParameters(open: bytes))
        default: throw Malformed()
        }
    }

    public var bytes: [UInt8] {
        switch self {
        case .ack: [0x02]
        case .open(let parameters): parameters.open
        }
    }
}

/// What a data channel promises (RFC 8832, section 5.1).
public struct DataChannelParameters: Sendable, Hashable {
    /// How hard a message is tried.
    public enum Reliability: Sendable, Hashable {
        case reliable
        case retransmissions(UInt32)
        case lifetimeMs(UInt32)
    }

    /// At most 65,535 bytes of UTF-8.
    public var label: String
    /// A registered subprotocol; mostly empty.
    public var subprotocol: String
    public var isOrdered: Bool
    public var reliability: Reliability
    /// 128 below normal, 256 normal, 512 high, 1024 extra high (RFC 8831, section 6.4).
    public var priority: UInt16

    public init(
        label: String, subprotocol: String = "", isOrdered: Bool = true,
        reliability: Reliability = .reliable, priority: UInt16 = 256
    ) {
        self.label = label
        self.subprotocol = subprotocol
        self.isOrdered = isOrdered
        self.reliability = reliability
        self.priority = priority
    }

    private static var headerBytes: Int { 12 }

    fileprivate init(open bytes: UnsafeRawBufferPointer) throws(DCEP.Malformed) {
        guard bytes.count >= Self.headerBytes else { throw DCEP.Malformed() }
        func word(_ offset: Int) -> UInt16 {
            UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        }
        let limit = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        switch bytes[1] & 0x7f {
        case 0: reliability = .reliable
        case 1: reliability = .retransmissions(limit)
        case 2: reliability = .lifetimeMs(limit)
        default: throw DCEP.Malformed()
        }
        isOrdered = bytes[1] & 0x80 == 0
        priority = word(2)
        let labelEnd = Self.headerBytes + Int(word(8))
        let end = labelEnd + Int(word(10))
        guard bytes.count == end,
            let label = String(
                validating: bytes[Self.headerBytes..<labelEnd], as: UTF8.self),
            let subprotocol = String(validating: bytes[labelEnd..<end], as: UTF8.self)
        else { throw DCEP.Malformed() }
        self.label = label
        self.subprotocol = subprotocol
    }

    fileprivate var open: [UInt8] {
        let label = Array(label.utf8.prefix(Int(UInt16.max)))
        let subprotocol = Array(subprotocol.utf8.prefix(Int(UInt16.max)))
        let (type, limit): (UInt8, UInt32) =
            switch reliability {
            case .reliable: (0, 0)
            case .retransmissions(let count): (1, count)
            case .lifetimeMs(let ms): (2, ms)
            }
        var bytes: [UInt8] = [0x03, isOrdered ? type : type | 0x80]
        bytes.append(bigEndian: priority)
        bytes.append(bigEndian: limit)
        bytes.append(bigEndian: UInt16(label.count))
        bytes.append(bigEndian: UInt16(subprotocol.count))
        return bytes + label + subprotocol
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
