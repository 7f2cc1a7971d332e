import Configuration
import JSON

/// A server that tells or lends addresses for calls: `stun:`, `turn:`, `turns:` (RFC 7064, RFC 7065).
struct ICEServerAddress: Equatable, CustomStringConvertible {
    enum Carrier: Equatable { case udp, tcp, tls }

    var host: String
    var port: Int
    var carrier: Carrier
    let description: String

    /// Nil for what is none: the plugin says so when a session is made.
    init?(_ url: String) {
        let parts = url.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let scheme = parts.first, var rest = parts.last else { return nil }
        var asks = Substring()
        if let mark = rest.firstIndex(of: "?") {
            asks = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        switch scheme {
        case "stun": carrier = .udp
        case "turn": carrier = asks == "transport=tcp" ? .tcp : .udp
        case "turns": carrier = .tls
        default: return nil
        }
        // An address of IPv6 stands in brackets, and is full of colons.
        let host = rest.hasPrefix("[") ? rest.prefix { $0 != "]" } + "]" : rest.prefix { $0 != ":" }
        let end = rest.dropFirst(host.count)
        guard !host.isEmpty, end.isEmpty || end.hasPrefix(":") else { return nil }
        guard let port = end.isEmpty ? (carrier == .tls ? 5_349 : 3_478) : Int(end.dropFirst()),
            (1...65_535).contains(port)
        else { return nil }
        self.host = String(host)
        self.port = port
        description = url
    }
}

/// Whether each configured STUN and TURN server answers: by UDP a question for the own address, which takes no
/// password; by TCP and TLS the connection.
struct ICEServerCheck: DoctorCheck {
    let name = "ice"
    var settings: Settings

    func findings(_ machine: Machine) -> [Finding] {
        servers.map { server, user in
            let what = "\(user): \(server)"
            switch reach(server, machine) {
            case .reached(let address): return .good("\(what) answers at \(address)")
            case .unknownName(let why):
                return .problem(
                    "\(what) has no address", why: why,
                    remedy: "check the name; then: resolvectl query \(server.host)")
            case .unreachable(let why):
                return .problem(
                    "\(what) does not answer",
                    why: "\(why); calls that need it find no way out of this network",
                    remedy: server.carrier == .udp
                        ? "let UDP to port \(server.port) out, or use a server by TLS: turns:"
                        : "check the network and what filters it; then: ip route get \(server.host)"
                )
            case .untrusted(let why):
                return .problem(
                    "\(what) is not trusted", why: why,
                    remedy: "check the clock (timedatectl), or name the server's authority by "
                        + "turnCaFile")
            }
        }
    }

    private func reach(_ server: ICEServerAddress, _ machine: Machine) -> PeerReach {
        // Whom turnCaFile trusts, the transport finds out.
        let isTLS = server.carrier == .tls && !hasOwnAuthority
        switch server.carrier {
        case .udp: return machine.askSTUN(server)
        case .tcp, .tls:
            guard
                let endpoint = Endpoint(
                    url: "\(isTLS ? "wss" : "ws")://\(server.host):\(server.port)")
            else { return .unreachable("\(server) is no address") }
            return machine.reach(endpoint)
        }
    }

    private var hasOwnAuthority: Bool {
        places.contains { options, _ in options["turnCaFile"] != nil }
    }

    private var places: [(JSONObject, String)] {
        settings.transports.sorted { $0.id < $1.id }.map { ($0.options, $0.id) }
            + settings.sessions.map { ($0.options, $0.name) }
    }

    /// Every server once, with who uses it, in order.
    private var servers: [(ICEServerAddress, String)] {
        var found: [(ICEServerAddress, String)] = []
        for (options, user) in places {
            for url in ["stunServers", "turnServers"].flatMap({ options[$0]?.arrayValue ?? [] }) {
                guard let server = url.stringValue.flatMap(ICEServerAddress.init),
                    !found.contains(where: { $0.0 == server })
                else { continue }
                found.append((server, user))
            }
        }
        return found
    }
}
