import CNice

/// A way to reach an agent (RFC 8445, section 5.1.1).
public struct ICECandidate: Sendable, Hashable {
    /// By the names of SDP.
    public enum Kind: String, Sendable, Hashable {
        case host
        case serverReflexive = "srflx"
        case peerReflexive = "prflx"
        case relayed = "relay"
    }

    public enum Transport: String, Sendable, Hashable {
        case udp
        case tcp
    }

    public let kind: Kind
    public let transport: Transport
    /// Numeric.
    public let address: String
    public let port: UInt16
    public let priority: UInt32
    public let foundation: String
    /// The attribute of SDP, from `candidate:` on, without `a=`.
    public let attribute: String

    init(_ raw: UnsafePointer<NiceCandidate>, attribute: String) {
        var address = raw.pointee.addr
        kind =
            switch raw.pointee.type {
            case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE: .serverReflexive
            case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE: .peerReflexive
            case NICE_CANDIDATE_TYPE_RELAYED: .relayed
            default: .host
            }
        transport = raw.pointee.transport == NICE_CANDIDATE_TRANSPORT_UDP ? .udp : .tcp
        self.address = withUnsafeTemporaryAllocation(
            of: CChar.self, capacity: Int(NICE_ADDRESS_STRING_LEN)
        ) { text -> String in
            guard let base = text.baseAddress else { return "" }
            base.initialize(repeating: 0, count: text.count)
            parley_nice_address_text(&address, base)
            return String(cString: base)
        }
        port = UInt16(truncatingIfNeeded: parley_nice_address_port(&address))
        priority = raw.pointee.priority
        foundation = withUnsafeBytes(of: raw.pointee.foundation) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        self.attribute = attribute
    }
}

/// The candidates that carry the data.
public struct ICEPair: Sendable, Hashable {
    public let local: ICECandidate
    public let remote: ICECandidate
}

/// What a peer must know to be let in (RFC 8445, section 5.3). Changes with each restart.
public struct ICECredentials: Sendable, Hashable {
    public let usernameFragment: String
    public let password: String

    public init(usernameFragment: String, password: String) {
        self.usernameFragment = usernameFragment
        self.password = password
    }
}
