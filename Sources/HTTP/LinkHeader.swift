/// One link of a `Link` header (RFC 8288, section 3).
public struct LinkHeader: Sendable, Hashable {
    /// What stands between the angle brackets.
    public var target: String
    /// Names in lower case; the first of a name counts.
    public var parameters: [String: String]

    /// The links of a response, of all its `Link` headers. What is malformed ends its header.
    public static func links(of head: HTTPHead) -> [LinkHeader] {
        head.values("link").flatMap { parse($0) }
    }

    static func parse(_ text: String) -> [LinkHeader] {
        var scanner = Scanner(rest: text.utf8[...])
        var links: [LinkHeader] = []
        while let link = scanner.link() { links.append(link) }
        return links
    }

    /// The words of `rel`.
    public var relations: [String] {
        (parameters["rel"] ?? "").split(separator: " ").map { $0.lowercased() }
    }

    private struct Scanner {
        var rest: Substring.UTF8View

        mutating func skip(_ bytes: String.UTF8View) {
            rest = rest.drop { bytes.contains($0) }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            guard rest.first == byte else { return false }
            rest = rest.dropFirst()
            return true
        }

        mutating func link() -> LinkHeader? {
            skip(" \t,".utf8)
            guard take(UInt8(ascii: "<")), let end = rest.firstIndex(of: UInt8(ascii: ">")) else {
                return nil
            }
            var link = LinkHeader(target: String(Substring(rest[..<end])), parameters: [:])
            rest = rest[rest.index(after: end)...]
            while true {
                skip(" \t".utf8)
                guard take(UInt8(ascii: ";")) else { return link }
                skip(" \t".utf8)
                let name = Substring(rest.prefix { !"=;, \t".utf8.contains($0) })
                rest = rest.dropFirst(name.utf8.count)
                skip(" \t".utf8)
                var value = ""
                if take(UInt8(ascii: "=")) {
                    skip(" \t".utf8)
                    guard let given = self.value() else { return link }
                    value = given
                }
                let key = name.lowercased()
                if !key.isEmpty, link.parameters[key] == nil { link.parameters[key] = value }
            }
        }

        /// A token or a quoted string; nil for one that does not end.
        private mutating func value() -> String? {
            guard take(UInt8(ascii: "\"")) else {
                let token = Substring(rest.prefix { !";, \t".utf8.contains($0) })
                rest = rest.dropFirst(token.utf8.count)
                return String(token)
            }
            var bytes: [UInt8] = []
            while var byte = rest.popFirst() {
                if byte == UInt8(ascii: "\"") { return String(decoding: bytes, as: UTF8.self) }
                if byte == UInt8(ascii: "\\") {
                    guard let next = rest.popFirst() else { return nil }
                    byte = next
                }
                bytes.append(byte)
            }
            return nil
        }
    }
}
