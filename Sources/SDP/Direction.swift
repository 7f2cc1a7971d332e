/// Who sends (RFC 8866, section 6.7), seen from the side whose description has it.
public enum Direction: String, Sendable, Hashable, CaseIterable {
    case sendReceive = "sendrecv"
    case sendOnly = "sendonly"
    case receiveOnly = "recvonly"
    case inactive

    public init(sends: Bool, receives: Bool) {
        switch (sends, receives) {
        case (true, true): self = .sendReceive
        case (true, false): self = .sendOnly
        case (false, true): self = .receiveOnly
        case (false, false): self = .inactive
        }
    }

    public var sends: Bool { self == .sendReceive || self == .sendOnly }
    public var receives: Bool { self == .sendReceive || self == .receiveOnly }

    /// The same, seen from the other side.
    public var reversed: Self { Self(sends: receives, receives: sends) }
}

/// Who begins the DTLS handshake (RFC 8842, section 5).
public enum SetupRole: String, Sendable, Hashable, CaseIterable {
    /// Either: said in offers.
    case activeOrPassive = "actpass"
    case active
    case passive
    case holdConnection = "holdconn"
}
