import JSON

/// JSON for people: facts by line, lists of objects as tables.
public enum HumanJSON {
    /// A value within a line: `yes`, `48000`, `a, b`; nil for nothing.
    public static func inline(_ value: JSONValue?) -> String? {
        switch value {
        case nil, .null: nil
        case .bool(let value): value ? "yes" : "no"
        case .integer(let value): String(value)
        case .number(let value): number(value)
        case .string(let text): text
        case .array(let values): values.compactMap(inline).joined(separator: ", ")
        case .object(let object):
            object.members.compactMap { name, value in inline(value).map { "\(name) \($0)" } }
                .joined(separator: ", ")
        }
    }

    /// An object as lines; nested objects are indented, lists of objects become tables.
    public static func lines(_ object: JSONObject, indent: String = "") -> [String] {
        var facts = Facts()
        var below: [String] = []
        for (name, value) in object.members {
            switch value {
            case .object(let object) where !object.isEmpty:
                below += ["\(indent)\(words(name))"] + lines(object, indent: indent + "  ")
            case .array(let values) where values.first?.objectValue != nil:
                below += ["\(indent)\(words(name))"]
                below += table(values).map { "\(indent)  \($0)" }
            default: facts.append(words(name), inline(value))
            }
        }
        return facts.lines.map { indent + $0 } + below
    }

    /// Objects as rows; the columns are their members, in the order of their first appearance.
    public static func table(_ rows: [JSONValue]) -> [String] {
        var columns: [String] = []
        for row in rows {
            for (name, _) in row.objectValue?.members ?? [] where !columns.contains(name) {
                columns.append(name)
            }
        }
        var table = Table(columns.map { words($0).uppercased() })
        for row in rows { table.append(columns.map { inline(row[$0]) ?? "-" }) }
        return table.lines
    }

    /// `soundServer` as `sound server`.
    public static func words(_ name: String) -> String {
        name.reduce(into: "") { text, letter in
            if letter.isUppercase, text.last?.isLowercase == true { text += " " }
            text += letter.lowercased()
        }
    }

    private static func number(_ value: Double) -> String {
        let hundredths = (value * 100).rounded() / 100
        guard hundredths == hundredths.rounded(), abs(hundredths) < 1e15 else {
            return "\(hundredths)"
        }
        return "\(Int64(hundredths))"
    }
}
