/// A `ws:` or `wss:` URL (RFC 6455 section 3).
public struct WebSocketURL: Sendable, Hashable, CustomStringConvertible {
    public let isSecure: Bool
    /// A name or an address, without brackets.
    public let host: String
    public let port: UInt16
    /// Path and query, as the request line has them; begins with a slash.
    public let target: String

    public init(isSecure: Bool, host: String, port: UInt16, target: String) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.target = target
    }

    /// - Throws: a sentence on what is wrong with `text`.
    public init(_ text: String) throws(WebSocketError) {
        func refused(_ why: String) -> WebSocketError {
            WebSocketError.invalidURL("'\(text)' \(why)")
        }
        guard let colon = text.range(of: "://") else {
            throw refused("is no URL: it must begin with ws:// or wss://")
        }
        switch text[..<colon.lowerBound].lowercased() {
        case "ws", "http": isSecure = false
        case "wss", "https": isSecure = true
        case let scheme: throw refused("has the scheme \(scheme); it must be ws or wss")
        }
        let rest = text[colon.upperBound...]
        guard rest.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw refused("has characters that a URL may not have; write them as %XX")
        }
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.contains("@") else {
            throw refused("holds a user name or password; give a key as a secret instead")
        }
        var path = String(rest[end...])
        if let fragment = path.firstIndex(of: "#") { path = String(path[..<fragment]) }
        target = path.hasPrefix("/") ? path : "/" + path
        let (name, port) = Self.split(authority)
        guard !name.isEmpty else { throw refused("names no host") }
        guard let port else {
            self.host = name
            self.port = isSecure ? 443 : 80
            return
        }
        guard let number = UInt16(port), number > 0 else {
            throw refused("has the port '\(port)'; it must be 1 to 65535")
        }
        self.host = name
        self.port = number
    }

    private static func split(_ authority: Substring) -> (host: String, port: Substring?) {
        if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
            let host = authority[authority.index(after: authority.startIndex)..<close]
            let rest = authority[authority.index(after: close)...]
            return (String(host), rest.hasPrefix(":") ? rest.dropFirst() : nil)
        }
        guard let colon = authority.lastIndex(of: ":") else { return (String(authority), nil) }
        return (String(authority[..<colon]), authority[authority.index(after: colon)...])
    }

    private var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }

    /// Host and port as a `CONNECT` request names them.
    public var authority: String { "\(bracketedHost):\(port)" }

    /// The `Host` header: without a port that goes without saying.
    public var hostHeader: String { port == (isSecure ? 443 : 80) ? bracketedHost : authority }

    /// Whether it leads to this machine and no other.
    public var isLoopback: Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "::1"
            || (host.hasPrefix("127.")
                && host.utf8.allSatisfy { $0 == 46 || (48...57).contains($0) })
    }

    public var description: String {
        "\(isSecure ? "wss" : "ws")://\(hostHeader)\(target)"
    }
}

extension String {
    /// The first place of `text`; the standard library has this in Foundation only.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
