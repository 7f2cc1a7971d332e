import Glibc
import HTTP
import WebSocket

/// Which proxy the usual environment variables name for a URL: `https_proxy` or `HTTPS_PROXY` for https and wss,
/// `http_proxy` for http and ws (in capitals it could come from a request to a CGI program), else `all_proxy` or
/// `ALL_PROXY`; none for what `no_proxy` or `NO_PROXY` lists, nor for this machine.
public struct ProxyEnvironment: Sendable {
    public struct Proxy: Sendable, Hashable {
        public let host: String
        public let port: UInt16
        /// `user:password`, empty for none. Not to be logged.
        public let credentials: String
    }

    private let variable: @Sendable (String) -> String?

    public init(
        variable: @escaping @Sendable (String) -> String? = { name in
            getenv(name).map { String(cString: $0) }
        }
    ) {
        self.variable = variable
    }

    /// - Throws: for a proxy that can't be used, naming the variable and not its value.
    public func proxy(for url: WebSocketURL) throws(WebSocketError) -> Proxy? {
        do throws(HTTPFault) {
            return try proxy(for: url.endpoint)
        } catch {
            guard case .invalidURL(let why) = error else { return nil }
            throw .invalidURL(why)
        }
    }

    /// - Throws: ``HTTPFault/invalidURL(_:)`` for a proxy that can't be used, naming the variable and not
    ///   its value.
    public func proxy(for url: HTTPURL) throws(HTTPFault) -> Proxy? {
        guard !url.isLoopback, !isExcepted(url.host) else { return nil }
        let names =
            url.isSecure
            ? ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
            : ["http_proxy", "all_proxy", "ALL_PROXY"]
        for name in names {
            guard let value = variable(name), !value.isEmpty else { continue }
            guard let proxy = Self.parse(value) else {
                throw .invalidURL(
                    "in the environment variable \(name) is none of an HTTP proxy: "
                        + "it must be http://host:port")
            }
            return proxy
        }
        return nil
    }

    private func isExcepted(_ host: String) -> Bool {
        guard let list = variable("no_proxy") ?? variable("NO_PROXY") else { return false }
        let host = host.lowercased()
        return list.split(separator: ",").contains { entry in
            var name = entry.filter { $0 != " " }.lowercased()
            if name == "*" { return true }
            if name.hasPrefix(".") { name.removeFirst() }
            return !name.isEmpty && (host == name || host.hasSuffix("." + name))
        }
    }

    private static func parse(_ text: String) -> Proxy? {
        var rest = text[...]
        if rest.hasPrefix("http://") {
            rest = rest.dropFirst(7)
        } else if rest.split(separator: "/", maxSplits: 1).first?.hasSuffix(":") == true {
            return nil
        }
        var credentials = ""
        if let at = rest.lastIndex(of: "@") {
            guard let plain = decoded(rest[..<at]) else { return nil }
            credentials = plain
            rest = rest[rest.index(after: at)...]
        }
        guard let url = try? HTTPURL("http://\(rest)") else { return nil }
        return Proxy(host: url.host, port: url.port, credentials: credentials)
    }

    /// %XX taken back.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let value = UInt8(String(Substring(digits)), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
