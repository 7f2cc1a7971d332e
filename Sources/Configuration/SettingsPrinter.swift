/// Writes TOML with the origin of each value behind it, aligned within a table.
struct SettingsPrinter {
    private(set) var text = ""

    private struct Line {
        let code: String
        let comment: String
    }

    mutating func comment(_ comment: String) { text += "# \(comment)\n" }

    mutating func header(_ header: String) { text += "\n\(header)\n" }

    mutating func line(_ key: String, _ value: String, _ origin: Origin) {
        write([Line(code: "\(key) = \(value)", comment: "\(origin)")])
    }

    /// - Parameters:
    ///   - name: prefix of the keys of `origin`.
    ///   - tablePrefix: what stands before table names, such as `session.`.
    mutating func settings<Root>(
        _ settings: [Setting<Root>], of root: Root, name: String, tablePrefix: String,
        origin: (String) -> Origin
    ) {
        var table: String?
        var lines: [Line] = []
        for setting in settings {
            let (parent, key) = SettingsPrinter.split(setting.path)
            if parent != table {
                write(lines)
                lines = []
                if !parent.isEmpty { header("[\(tablePrefix)\(parent)]") }
                table = parent
            }
            let value = setting.show(root)
            lines.append(
                Line(
                    code: value.map { "\(key) = \($0)" } ?? "# \(key) is not set",
                    comment: value == nil ? "" : "\(origin(name + setting.path))"))
        }
        write(lines)
    }

    /// A free table and those below it.
    mutating func table(_ path: String, _ table: TomlTable) {
        header("[\(path)]")
        var inner: [(String, TomlTable)] = []
        var lines: [Line] = []
        for member in table.members {
            let key = TomlText.key(member.key)
            if let below = member.node.table, !below.isInline {
                inner.append(("\(path).\(key)", below))
            } else {
                lines.append(
                    Line(
                        code: "\(key) = \(TomlText.value(member.node, key: member.key))",
                        comment: "\(member.node.origin)"))
            }
        }
        write(lines)
        for (path, table) in inner { self.table(path, table) }
    }

    /// Lines that are too long to align don't push the others' comments away.
    private mutating func write(_ lines: [Line]) {
        let widths = lines.filter { !$0.comment.isEmpty }.map(\.code.count).filter { $0 <= 48 }
        let width = widths.max() ?? 0
        for line in lines {
            text += line.code
            if !line.comment.isEmpty {
                text += String(repeating: " ", count: max(0, width - line.code.count))
                text += "  # \(line.comment)"
            }
            text += "\n"
        }
    }

    private static func split(_ path: String) -> (parent: String, key: String) {
        guard let point = path.lastIndex(of: ".") else { return ("", path) }
        return (String(path[..<point]), String(path[path.index(after: point)...]))
    }
}

extension TomlText {
    /// A value on one line. What looks like a secret is hidden.
    static func value(_ node: TomlNode, key: String = "") -> String {
        switch node.value {
        case .string(let text):
            SecretName.isSuspicious(key, node) ? string("(hidden)") : string(text)
        case .integer(let value): String(value)
        case .number(let value): number(value)
        case .bool(let value): value ? "true" : "false"
        case .date(let text): text
        case .array(let elements): array(elements.map { value($0) })
        case .table(let table):
            table.members.isEmpty
                ? "{}"
                : "{ "
                    + table.members.map { "\(Self.key($0.key)) = \(value($0.node, key: $0.key))" }
                    .joined(separator: ", ") + " }"
        }
    }
}
