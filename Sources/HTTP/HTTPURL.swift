/// An `http:` or `https:` URL, and what `ws:` and `wss:` ones have in common with it (RFC 9110, section
/// 4.2; RFC 6455, section 3).
public struct HTTPURL: Sendable, Hashable, CustomStringConvertible {
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

    /// - Parameter schemes: the open one and the secure one, for messages: any of the four is taken.
    /// - Throws: ``HTTPFault/invalidURL(_:)``: a sentence on what is wrong with `text`.
    public init(
        _ text: String, schemes: (open: String, secure: String) = ("http", "https")
    ) throws(HTTPFault) {
        func refused(_ why: String) -> HTTPFault { .invalidURL("'\(text)' \(why)") }
        let (open, secure) = schemes
        guard let colon = text.range(of: "://") else {
            throw refused("is no URL: it must begin with \(open):// or \(secure)://")
        }
        switch text[..<colon.lowerBound].lowercased() {
        case "ws", "http": isSecure = false
        case "wss", "https": isSecure = true
        case let scheme: throw refused("has the scheme \(scheme); it must be \(open) or \(secure)")
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

    /// Whether both are of the same scheme, host and port (RFC 6454): what a secret is bound to.
    public func hasSameOrigin(as other: HTTPURL) -> Bool {
        isSecure == other.isSecure && host.lowercased() == other.host.lowercased()
            && port == other.port
    }

    /// Where a reference in an answer leads, such as `Location` has it: a URL, `//host/…`, `/path` or
    /// `path` (RFC 3986, section 5.2, of which servers use this much).
    public func resolving(_ reference: String) throws(HTTPFault) -> HTTPURL {
        if let colon = reference.range(of: "://"),
            reference[..<colon.lowerBound].utf8.allSatisfy({ (97...122).contains($0 | 32) })
        {
            return try HTTPURL(reference)
        }
        let scheme = isSecure ? "https:" : "http:"
        if reference.hasPrefix("//") { return try HTTPURL(scheme + reference) }
        let path = target.prefix { $0 != "?" }
        if reference.isEmpty || reference.hasPrefix("#") { return self }
        if reference.hasPrefix("/") { return try HTTPURL("\(scheme)//\(authority)\(reference)") }
        if reference.hasPrefix("?") {
            return try HTTPURL("\(scheme)//\(authority)\(path)\(reference)")
        }
        var folders = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        var rest = reference[...]
        while true {
            if rest.hasPrefix("./") {
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("../") {
                rest = rest.dropFirst(3)
                if folders.count > 1 { folders.removeLast() }
            } else {
                break
            }
        }
        let folder = folders.joined(separator: "/")
        return try HTTPURL("\(scheme)//\(authority)\(folder)/\(rest)")
    }

    public var description: String {
        "\(isSecure ? "https" : "http")://\(hostHeader)\(target)"
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
