/// What an ``ICEAgent`` gathers with.
public struct ICEConfiguration: Sendable, Hashable {
    /// Gives addresses as the Internet sees them (RFC 8489).
    public struct StunServer: Sendable, Hashable {
        /// A name or a numeric address.
        public var host: String
        public var port: UInt16

        public init(host: String, port: UInt16 = 3478) {
            self.host = host
            self.port = port
        }
    }

    /// Relays what finds no direct way (RFC 8656).
    public struct TurnServer: Sendable, Hashable {
        public enum Transport: Sendable, Hashable {
            case udp
            case tcp
            /// TCP in TLS. ``ICEAgent`` does not speak it itself: its owner leads it through a tunnel.
            case tls
        }

        /// A name or a numeric address.
        public var host: String
        public var port: UInt16
        public var transport: Transport
        public var username: String
        public var password: String

        public init(
            host: String, port: UInt16 = 3478, transport: Transport = .udp, username: String,
            password: String
        ) {
            self.host = host
            self.port = port
            self.transport = transport
            self.username = username
            self.password = password
        }
    }

    public enum Role: Sendable, Hashable {
        /// Chooses the pair: who made the first offer (RFC 8445, section 6.1.1).
        case controlling
        case controlled
    }

    public var role: Role
    public var stunServer: StunServer?
    /// Best first, at most 8.
    public var turnServers: [TurnServer] = []
    /// Only relayed candidates, so that the peer never learns an address of this machine.
    public var isRelayOnly = false
    /// Candidates over TCP too (RFC 6544).
    public var usesTCP = false
    public var usesIPv4 = true
    public var usesIPv6 = true
    /// Names of interfaces that take no part, such as `docker0`.
    public var excludedInterfaces: [String] = []
    /// Use these numeric addresses and no others, loopback included; empty for all that the interfaces
    /// have, but for loopback and link-local ones.
    public var addresses: [String] = []
    /// Ports of host candidates, for a firewall; nil for any.
    public var ports: ClosedRange<UInt16>?

    public init(role: Role) { self.role = role }
}
