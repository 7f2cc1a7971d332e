import Configuration
import HTTP
import Networking

/// How far a peer can be reached from here.
enum PeerReach: Equatable {
    /// By TLS where the scheme asks for it.
    case reached(address: String)
    /// The sentences are ends of one that begins with the peer.
    case unknownName(String)
    case unreachable(String)
    case untrusted(String)
}

/// Whether each configured server can be reached: its name, its port, its certificate. Nothing is said
/// there.
struct PeerCheck: DoctorCheck {
    let name = "peers"
    var settings: Settings
    var judged: JudgedGateway

    func findings(_ machine: Machine) -> [Finding] {
        let peers = ConfiguredPeer.all(settings)
        guard !peers.isEmpty else { return [] }
        let variables = ProxyVariables.of(judged, machine)
        let proxies = ProxyEnvironment { variables[$0] }
        return peers.map { peer in
            do throws(HTTPFault) {
                if peer.usesProxy, let proxy = try proxies.proxy(for: peer.url) {
                    return finding(proxy, peer, machine)
                }
            } catch {
                return .problem(
                    "the proxy of \(peer.user) can't be used", why: error.description,
                    remedy: Remedy("env | grep -i _proxy", "where the gateway is started"))
            }
            return finding(peer, machine)
        }
    }

    private func finding(
        _ proxy: ProxyEnvironment.Proxy, _ peer: ConfiguredPeer, _ machine: Machine
    ) -> Finding {
        let host = proxy.host.contains(":") ? "[\(proxy.host)]" : proxy.host
        guard let endpoint = Endpoint(url: "http://\(host):\(proxy.port)") else {
            return finding(peer, machine)
        }
        return finding(
            ConfiguredPeer(endpoint: endpoint, user: "the proxy of \(peer.user)"), machine)
    }

    private func finding(_ peer: ConfiguredPeer, _ machine: Machine) -> Finding {
        let endpoint = peer.endpoint
        let what = "\(peer.user): \(endpoint)"
        switch machine.reach(endpoint, peer.authorities) {
        case .reached(let address):
            return .good("\(what) answers at \(address)")
        case .unknownName(let why):
            return .problem(
                "\(what) has no address", why: why,
                remedy: Remedy(
                    "resolvectl query \(Remedy.word(endpoint.host))", "or correct the url"))
        case .unreachable(let why):
            return .problem(
                "\(what) does not answer", why: why,
                remedy: endpoint.isLoopback
                    ? Remedy("ss -ltn", "shows what listens on this machine")
                    : Remedy(
                        "ip route get \(Remedy.word(endpoint.host))",
                        "and what filters the network"))
        case .untrusted(let why):
            return .problem(
                "\(what) is not trusted", why: why,
                remedy: .untrusted(
                    endpoint.host, endpoint.port, authorities: peer.authorities, option: "caFile",
                    machine))
        }
    }
}

extension ConfiguredPeer {
    /// As the transports ask for a proxy.
    fileprivate var url: HTTPURL {
        let host = endpoint.host.filter { $0 != "[" && $0 != "]" }
        return HTTPURL(
            isSecure: !endpoint.isPlain, host: host, port: UInt16(clamping: endpoint.port),
            target: "/")
    }
}

extension Remedy {
    /// Against a certificate that is not believed.
    ///
    /// - Parameter authorities: the file that is trusted; nil for the system's store.
    static func untrusted(
        _ host: String, _ port: Int, authorities: String?, option: String, _ machine: Machine
    ) -> Remedy {
        guard let authorities else {
            return Remedy(
                machine.sudo("apt install --reinstall ca-certificates"),
                "and a right clock (timedatectl); for an authority of your own: \(option)")
        }
        return Remedy(
            "openssl s_client -connect \(word("\(host):\(port)")) -CAfile \(word(authorities)) </dev/null",
            "\(option) must name the authority that the server shows")
    }
}
