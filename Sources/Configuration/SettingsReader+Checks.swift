/// What one key says about another.
extension SettingsReader {
    /// Reports at the place where `key` was set, or one of its table's neighbours made it wrong.
    mutating func check(_ holds: Bool, _ key: String, _ message: String, fallback: Origin? = nil) {
        guard !holds else { return }
        problems.append(
            ConfigurationProblem(origin: origins[key] ?? fallback, key: key, message: message))
    }

    mutating func checkReconnect(
        _ reconnect: ReconnectSettings, _ key: String, fallback: TomlNode?
    ) {
        check(
            reconnect.initial <= reconnect.maximum, "\(key).maximum",
            "must not be less than initial",
            fallback: origins["\(key).initial"] ?? fallback?.origin)
    }

    /// Keys of the other kind of leg would be ignored, so they are refused.
    mutating func checkLocal(_ session: TomlTable, _ local: LocalSettings, _ name: String) {
        let foreign: Set<String> =
            switch local.kind {
            case .devices: ["format", "rate"]
            case .stream: ["source", "sink", "echoCancellation", "gate"]
            }
        for member in session["local"]?.table?.members ?? [] where foreign.contains(member.key) {
            report(
                member.node, "\(name)local.\(member.key)",
                "has no meaning for kind \"\(local.kind.rawValue)\"")
        }
    }

    /// The table, or nil when there is none; anything else is a problem.
    mutating func table(_ node: TomlNode?, _ key: String) -> TomlTable? {
        guard let node else { return nil }
        guard let table = node.table else {
            report(node, key, "must be a table, not \(node.kindName)")
            return nil
        }
        return table
    }

    mutating func insecure(_ options: TomlTable, _ key: String) -> Bool? {
        guard let node = options["insecure"] else { return nil }
        guard case .bool(let value) = node.value else {
            report(node, "\(key).insecure", "must be true or false, not \(node.kindName)")
            return nil
        }
        origins["\(key).insecure"] = node.origin
        return value
    }

    /// What the option `url` names, when there is one.
    mutating func endpoint(_ options: TomlTable, _ key: String) -> Endpoint? {
        guard let node = options["url"] else { return nil }
        guard let text = node.string, let endpoint = Endpoint(url: text) else {
            report(
                node, "\(key).url",
                "must be a url such as \"wss://host:port/path\", without user name or password")
            return nil
        }
        return endpoint
    }

    /// A secret must not travel in the open, except within this machine.
    mutating func refusePlain(
        _ secrets: [String: BoundSecret], _ key: String, _ node: TomlNode, isAllowed: Bool
    ) {
        guard !isAllowed else { return }
        for (name, secret) in secrets.sorted(by: { $0.key < $1.key }) {
            guard let endpoint = secret.endpoint, endpoint.isPlain, !endpoint.isLoopback else {
                continue
            }
            check(
                false, "\(key).\(name)",
                "would go to \(endpoint) unencrypted; use wss or https, or say insecure = true",
                fallback: node.origin)
        }
    }
}
