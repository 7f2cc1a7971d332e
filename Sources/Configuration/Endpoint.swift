/// Scheme, host and port of a url: what a secret is bound to, so that a client which names another
/// url never gets it.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// Lower case.
    public let scheme: String
    /// Lower case; IPv6 addresses in brackets.
    public let host: String
    /// That of the scheme when the url names none.
    public let port: Int

    /// Nil for anything that is not plainly `scheme://host[:port][/…]`: user names in a url, spaces
    /// and unknown schemes without a port are refused, because two readers of such a url may disagree
    /// about the host.
    public init?(url: String) {
        guard !url.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7f || $0 == UInt8(ascii: "\\") }),
            let schemeEnd = url.firstRange(of: "://")
        else { return nil }
        let scheme = url[..<schemeEnd.lowerBound].lowercased()
        let authority = url[schemeEnd.upperBound...].prefix { !"/?#".contains($0) }
        guard !scheme.isEmpty, !authority.isEmpty, !authority.contains("@") else { return nil }
        var host = String(authority)
        var portText: String?
        if let bracket = authority.lastIndex(of: "]") {
            host = String(authority[...bracket])
            let rest = authority[authority.index(after: bracket)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            if !rest.isEmpty { portText = String(rest.dropFirst()) }
        } else if let colon = authority.firstIndex(of: ":") {
            host = String(authority[..<colon])
            portText = String(authority[authority.index(after: colon)...])
        }
        guard !host.isEmpty, host != "[]", let port = Endpoint.port(portText, scheme: scheme) else {
            return nil
        }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
    }

    private static func port(_ text: String?, scheme: String) -> Int? {
        guard let text else {
            switch scheme {
            case "ws", "http": return 80
            case "wss", "https": return 443
            default: return nil
            }
        }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(text),
            (1...65_535).contains(port)
        else { return nil }
        return port
    }

    /// Whether what is sent there can be read on the way: plain ws or http.
    public var isPlain: Bool { scheme == "ws" || scheme == "http" }

    /// Whether the peer is this machine, by address or by the name that always means it.
    public var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    public var description: String { "\(scheme)://\(host):\(port)" }
}
