/// What a datagram on a media port is, by its first bytes (RFC 7983, section 7; RFC 5761, section 4).
public enum PacketKind: Sendable, Hashable {
    case stun
    case dtls
    case turnChannel
    case rtp
    case rtcp
    /// Nothing that belongs here.
    case unknown

    public init(_ datagram: UnsafeRawBufferPointer) {
        guard datagram.count >= 2 else {
            self = .unknown
            return
        }
        switch datagram[0] {
        case 0...3: self = .stun
        case 20...63: self = .dtls
        case 64...79: self = .turnChannel
        // Payload types 64 to 95 are not used, so that with the marker bit they are packet types of RTCP.
        case 128...191: self = (192...223).contains(datagram[1]) ? .rtcp : .rtp
        default: self = .unknown
        }
    }
}
