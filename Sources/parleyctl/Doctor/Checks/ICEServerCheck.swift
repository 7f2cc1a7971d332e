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
        servers.map { server in
            let address = server.address
            let what = "\(server.user): \(address)"
            switch reach(server, machine) {
            case .reached(let place): return .good("\(what) answers at \(place)")
            case .unknownName(let why):
                return .problem(
                    "\(what) has no address", why: why,
                    remedy: Remedy(
                        "resolvectl query \(Remedy.word(address.host))", "or correct the name"))
            case .unreachable(let why):
                return .problem(
                    "\(what) does not answer",
                    why: "\(why); calls that need it find no way out of this network",
                    remedy: address.carrier == .udp
                        ? Remedy(
                            machine.sudo("nft list ruleset"),
                            "UDP to port \(address.port) must be let out; or a server by TLS, turns:"
                        )
                        : Remedy(
                            "ip route get \(Remedy.word(address.host))",
                            "and what filters the network"))
            case .untrusted(let why):
                return .problem(
                    "\(what) is not trusted", why: why,
                    remedy: .untrusted(
                        address.host, address.port, authorities: server.authorities,
                        option: "turnCaFile", machine))
            }
        }
    }

    private func reach(_ server: Server, _ machine: Machine) -> PeerReach {
        let address = server.address
        switch address.carrier {
        case .udp: return machine.askSTUN(address)
        case .tcp, .tls:
            let scheme = address.carrier == .tls ? "wss" : "ws"
            guard let endpoint = Endpoint(url: "\(scheme)://\(address.host):\(address.port)") else {
                return .unreachable("\(address) is no address")
            }
            return machine.reach(endpoint, server.authorities)
        }
    }

    private struct Server: Equatable {
        var address: ICEServerAddress
        var user: String
        /// `turnCaFile`, of a server by TLS.
        var authorities: String?
    }

    /// Each once, with who uses it, in order.
    private var servers: [Server] {
        var found: [Server] = []
        for place in OptionPlace.all(settings) {
            let urls = ["stunServers", "turnServers"].flatMap {
                place.options[$0]?.arrayValue ?? []
            }
            for url in urls {
                guard let address = url.stringValue.flatMap(ICEServerAddress.init) else { continue }
                let authorities =
                    address.carrier == .tls ? place.options["turnCaFile"]?.stringValue : nil
                guard
                    !found.contains(where: {
                        $0.address == address && $0.authorities == authorities
                    })
                else { continue }
                found.append(Server(address: address, user: place.user, authorities: authorities))
            }
        }
        return found
    }
}
