/// One `a=candidate` (RFC 8839, section 5.1; TCP: RFC 6544, section 4.5).
public struct Candidate: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case host
        case serverReflexive = "srflx"
        case peerReflexive = "prflx"
        case relayed = "relay"
    }

    public enum Transport: String, Sendable, Hashable, CaseIterable {
        case udp
        case tcp
    }

    public enum TCPType: String, Sendable, Hashable, CaseIterable {
        case active
        case passive
        case simultaneousOpen = "so"
    }

    /// What follows the known fields: `generation 0`, `ufrag abcd`, `network-cost 10`.
    public struct Extension: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public var foundation: String
    /// 1 for RTP, 2 for RTCP without multiplexing.
    public var component: UInt16
    public var transport: Transport
    public var priority: UInt32
    /// Numeric, or a name ending in `.local`.
    public var address: String
    public var port: UInt16
    public var kind: Kind
    /// Behind which a reflexive or relayed candidate lies; 0.0.0.0 when it is kept secret.
    public var related: (address: String, port: UInt16)? {
        get { relatedAddress.map { ($0, relatedPort ?? 0) } }
        set {
            relatedAddress = newValue?.address
            relatedPort = newValue?.port
        }
    }
    private var relatedAddress: String?
    private var relatedPort: UInt16?
    public var tcpType: TCPType?
    public var extensions: [Extension]

    public init(
        foundation: String, component: UInt16 = 1, transport: Transport = .udp, priority: UInt32,
        address: String, port: UInt16, kind: Kind = .host,
        related: (address: String, port: UInt16)? = nil, tcpType: TCPType? = nil,
        extensions: [Extension] = []
    ) {
        self.foundation = foundation
        self.component = component
        self.transport = transport
        self.priority = priority
        self.address = address
        self.port = port
        self.kind = kind
        self.tcpType = tcpType
        self.extensions = extensions
        self.related = related
    }

    /// Reads the attribute, from `candidate:` or `a=candidate:` on or without either.
    ///
    /// - Returns: nil for what is none, or of a kind that is not known: such ones are to be passed over
    ///   (RFC 8839, section 5.1).
    public init?(_ text: String) {
        var rest = text[...].trimmed
        if rest.hasPrefix("a=") { rest = rest.dropFirst(2) }
        if rest.hasPrefix("candidate:") { rest = rest.dropFirst(10) }
        let fields = rest.fields
        guard fields.count >= 8, fields.count.isMultiple(of: 2), fields[6] == "typ",
            (1...32).contains(fields[0].utf8.count), String(fields[0]).isICEText,
            let component = fields[1].number(UInt16.self), (1...256).contains(component),
            let transport = Transport(rawValue: fields[2].lowercased()),
            let priority = fields[3].number(UInt32.self), priority > 0,
            let port = fields[5].number(UInt16.self),
            let kind = Kind(rawValue: fields[7].lowercased()),
            Self.isAddress(fields[4])
        else { return nil }
        self.init(
            foundation: String(fields[0]), component: component, transport: transport,
            priority: priority, address: String(fields[4]), port: port, kind: kind)
        guard takeExtensions(fields[8...]) else { return nil }
    }

    private mutating func takeExtensions(_ fields: ArraySlice<Substring>) -> Bool {
        var place = fields.startIndex
        while place < fields.endIndex {
            let value = fields[place + 1]
            switch fields[place] {
            case "raddr" where relatedAddress == nil: relatedAddress = String(value)
            case "rport" where relatedAddress != nil && relatedPort == nil:
                guard let port = value.number(UInt16.self) else { return false }
                relatedPort = port
            case "tcptype" where tcpType == nil:
                guard let type = TCPType(rawValue: value.lowercased()) else { return false }
                tcpType = type
            case let name:
                extensions.append(Extension(name: String(name), value: String(value)))
            }
            place += 2
        }
        if relatedAddress != nil { relatedPort = relatedPort ?? 0 }
        return transport == .udp || tcpType != nil
    }

    private static func isAddress(_ text: Substring) -> Bool {
        text.utf8.count <= 255
            && text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || ".:-%_".utf8.contains(byte)
            }
    }

    /// Whether the address is a name that only multicast DNS knows.
    public var isMulticastName: Bool { address.lowercased().hasSuffix(".local") }

    /// The attribute from `candidate:` on.
    public var description: String {
        var text =
            "candidate:\(foundation) \(component) \(transport.rawValue) \(priority) \(address) "
            + "\(port) typ \(kind.rawValue)"
        if let relatedAddress { text += " raddr \(relatedAddress) rport \(relatedPort ?? 0)" }
        if let tcpType { text += " tcptype \(tcpType.rawValue)" }
        for more in extensions { text += " \(more.name) \(more.value)" }
        return text
    }
}
