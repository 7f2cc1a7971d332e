/// The reference of all keys, for docs/Configuration.md; a test compares.
extension Settings {
    public static var reference: String {
        let defaults = Settings()
        return section(table, of: defaults)
    }

    public static var sessionReference: String {
        section(SessionSettings.table, of: SessionSettings())
    }

    private static func section<Root>(_ table: [Setting<Root>], of root: Root) -> String {
        var text = "| key | type | default | takes effect | what |\n|---|---|---|---|---|\n"
        for setting in table {
            let value = setting.show(root).map { $0 == "\"\"" ? "needed" : "`\($0)`" } ?? "not set"
            text += "| `\(setting.path)` | \(setting.typeName) | \(value) | "
            text += "\(setting.application.word) | \(setting.summary) |\n"
        }
        return text
    }
}

extension Application {
    fileprivate var word: String {
        switch self {
        case .live: "at once"
        case .nextSession: "next session"
        case .restart: "restart"
        }
    }
}
