/// Text that is going to a terminal.
public enum TerminalText {
    /// Columns that the text takes: one for each character, two for wide ones (East Asian, emoji).
    public static func width(_ text: String) -> Int {
        text.reduce(0) { $0 + width($1) }
    }

    /// The text without control characters: what a peer said must not move the cursor.
    public static func harmless(_ text: String) -> String {
        String(
            text.map { character in
                character.unicodeScalars.contains { isControl($0) } ? " " : character
            })
    }

    /// At most `columns` wide; what is cut leaves an ellipsis.
    public static func fitted(_ text: String, _ columns: Int) -> String {
        guard width(text) > columns else { return text }
        guard columns > 0 else { return "" }
        var fitted = ""
        var used = 0
        for character in text {
            used += width(character)
            if used > columns - 1 { break }
            fitted.append(character)
        }
        return fitted + "…"
    }

    /// Exactly `columns` wide.
    public static func padded(_ text: String, _ columns: Int) -> String {
        let text = fitted(text, columns)
        return text + String(repeating: " ", count: max(0, columns - width(text)))
    }

    /// The end of the text that fits into `lines` lines, broken at spaces where there are any.
    public static func tail(_ text: String, columns: Int, lines: Int) -> [String] {
        guard columns > 0 else { return [] }
        var rows: [String] = []
        var row = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: true).map(String.init) {
            let joined = row.isEmpty ? word : "\(row) \(word)"
            if width(joined) <= columns {
                row = joined
            } else {
                if !row.isEmpty { rows.append(row) }
                row = fitted(word, columns)
            }
        }
        if !row.isEmpty { rows.append(row) }
        return rows.suffix(lines)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
        case .format: scalar != "\u{200d}"  // joins emoji; the others turn the direction of text
        default: false
        }
    }

    private static func width(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
            0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
            return 2
        default:
            return scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }
}
