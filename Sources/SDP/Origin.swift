/// The network address of a `c=` or `o=` line.
public struct ConnectionAddress: Sendable, Hashable {
    public var isIPv6: Bool
    /// Numeric or a name, with a TTL or count behind a slash if one was given.
    public var address: String

    public init(isIPv6: Bool, address: String) {
        self.isIPv6 = isIPv6
        self.address = address
    }

    /// - Parameter numeric: an address of either family.
    public init(numeric: String) {
        self.init(isIPv6: numeric.utf8.contains(UInt8(ascii: ":")), address: numeric)
    }

    /// Reads `IN IP4 192.0.2.1`.
    init?(_ fields: [Substring]) {
        guard fields.count == 3, fields[0] == "IN" else { return nil }
        switch fields[1] {
        case "IP4": self.init(isIPv6: false, address: String(fields[2]))
        case "IP6": self.init(isIPv6: true, address: String(fields[2]))
        default: return nil
        }
    }

    /// As the lines have it.
    var text: String { "IN \(isIPv6 ? "IP6" : "IP4") \(address)" }

    /// No particular one: WebRTC, or a peer that is on hold as RFC 2543 had it.
    public var isUnspecified: Bool { address == "0.0.0.0" || address == "::" }

    public static var unspecified: Self { Self(isIPv6: false, address: "0.0.0.0") }
}

/// The `o=` line: whose description it is, and which version of it.
public struct Origin: Sendable, Hashable {
    public var userName: String
    /// Digits, by rule; whatever a peer sends.
    public var sessionID: String
    public var version: String
    public var address: ConnectionAddress

    public init(
        userName: String = "-", sessionID: String, version: String,
        address: ConnectionAddress = ConnectionAddress(isIPv6: false, address: "127.0.0.1")
    ) {
        self.userName = userName
        self.sessionID = sessionID
        self.version = version
        self.address = address
    }

    init?(_ text: Substring) {
        let fields = text.fields
        guard fields.count == 6, let address = ConnectionAddress(Array(fields[3...])) else {
            return nil
        }
        self.init(
            userName: String(fields[0]), sessionID: String(fields[1]), version: String(fields[2]),
            address: address)
    }

    var text: String { "\(userName) \(sessionID) \(version) \(address.text)" }
}
