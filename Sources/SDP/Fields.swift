/// Text is cut at bytes, not at characters: a mark that combines with a separator hides it from
/// `Character`, and peers invent everything.
extension Substring {
    /// What lies between runs of spaces and tabs.
    var fields: [Substring] {
        utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map(Substring.init)
    }

    /// Before and behind the first of this byte; nil behind when there is none.
    func cut(at byte: UInt8) -> (Substring, Substring?) {
        guard let place = utf8.firstIndex(of: byte) else { return (self, nil) }
        return (self[..<place], self[utf8.index(after: place)...])
    }

    /// Without the spaces around it.
    var trimmed: Substring {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let first = utf8.firstIndex(where: { !isBlank($0) }),
            let last = utf8.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return self[first...last]
    }

    /// A number of digits alone, without a sign.
    func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
        guard !isEmpty, utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Number(self)
    }

    /// For messages: the beginning of it.
    var quoted: String {
        let beginning = String(prefix(40))
        return "'\(beginning)\(beginning.utf8.count < utf8.count ? "…" : "")'"
    }
}

extension String {
    /// Whether all of it may stand where RFC 8839 wants an ice-char.
    var isICEText: Bool {
        utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
        }
    }

    /// Whether it is a token of RFC 8866, section 9.
    var isToken: Bool {
        !isEmpty
            && utf8.allSatisfy { $0 > 32 && $0 < 127 && !#""(),/:;<=>?@[\]"#.utf8.contains($0) }
    }
}
