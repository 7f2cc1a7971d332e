import Configuration
import JSON

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

    func findings(_ machine: Machine) -> [Finding] {
        endpoints.map { endpoint, user in
            if let proxy = proxy(for: endpoint, machine) {
                return finding(proxy, "the proxy of \(user)", machine)
            }
            return finding(endpoint, user, machine)
        }
    }

    private func finding(_ endpoint: Endpoint, _ user: String, _ machine: Machine) -> Finding {
        let what = "\(user): \(endpoint)"
        switch machine.reach(endpoint) {
        case .reached(let address):
            return .good("\(what) answers at \(address)")
        case .unknownName(let why):
            return .problem(
                "\(what) has no address", why: why,
                remedy: "check the url; then: resolvectl query \(endpoint.host)")
        case .unreachable(let why):
            return .problem(
                "\(what) does not answer", why: why,
                remedy: "check the network and what filters it; then: ss -tn, ip route get "
                    + endpoint.host)
        case .untrusted(let why):
            return .problem(
                "\(what) is not trusted", why: why,
                remedy: "check the clock (timedatectl) and the certificates (apt install "
                    + "ca-certificates)")
        }
    }

    /// Every server once, with who uses it, in order.
    private var endpoints: [(Endpoint, String)] {
        var found: [(Endpoint, String)] = []
        func add(_ url: String?, _ user: String) {
            guard let url, let endpoint = Endpoint(url: url),
                ["ws", "wss", "http", "https"].contains(endpoint.scheme),
                !found.contains(where: { $0.0 == endpoint })
            else { return }
            found.append((endpoint, user))
        }
        for transport in settings.transports.sorted(by: { $0.id < $1.id }) {
            for url in Self.urls(in: .object(transport.options)) { add(url, transport.id) }
        }
        for session in settings.sessions {
            for url in Self.urls(in: .object(session.options)) { add(url, session.name) }
            let own = settings[transport: session.transport]?.options["url"]
            if session.transport == "openai-websocket", own == nil, session.options["url"] == nil {
                // The transport's default.
                add("wss://api.openai.com/v1/realtime", session.name)
            }
        }
        return found
    }

    /// Options whose name ends in "url", at any depth.
    private static func urls(in value: JSONValue) -> [String] {
        if let list = value.arrayValue { return list.flatMap { urls(in: $0) } }
        return (value.objectValue?.members ?? []).flatMap { name, value in
            if let text = value.stringValue {
                return name.lowercased().hasSuffix("url") ? [text] : []
            }
            return urls(in: value)
        }
    }

    /// As the transports take one from the environment; NO_PROXY by exact names and suffixes.
    private func proxy(for endpoint: Endpoint, _ machine: Machine) -> Endpoint? {
        let isSecure = !endpoint.isPlain
        let names = isSecure ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
        guard !endpoint.isLoopback,
            let url = (names + ["all_proxy", "ALL_PROXY"]).lazy
                .compactMap({ machine.environment[$0] }).first
        else { return nil }
        let exempt = machine.environment["no_proxy"] ?? machine.environment["NO_PROXY"] ?? ""
        for entry in exempt.split(separator: ",") {
            let name = entry.filter { $0 != " " }
            let suffix = name.hasPrefix(".") ? name : "." + name
            if name == "*" || endpoint.host == name || endpoint.host.hasSuffix(suffix) {
                return nil
            }
        }
        return Endpoint(url: url.contains("://") ? url : "http://\(url)")
    }
}
