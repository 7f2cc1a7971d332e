/// `--print-config` and `--check`.
extension Settings {
    /// The settings in force, as TOML that gives the same settings when it is read; behind each value
    /// stands where it comes from. Secrets appear by the name of their place.
    public var printed: String {
        var printer = SettingsPrinter()
        printer.comment(
            files.isEmpty ? "no file was found" : "read from " + files.joined(separator: ", "))
        printer.line("version", "1", origins["version"] ?? .standard)
        printer.settings(Settings.table, of: self, name: "", tablePrefix: "", origin: origin(of:))
        for member in document["transports"]?.table?.members ?? [] {
            if let table = member.node.table {
                printer.table("transports." + TomlText.key(member.key), table)
            }
        }
        let sessionNodes = document["session"]?.array ?? []
        for (session, node) in zip(sessions, sessionNodes) {
            printer.header("[[session]]")
            printer.settings(
                SessionSettings.table.filter { !$0.path.contains(".") }, of: session,
                name: "session.\(session.name).", tablePrefix: "", origin: origin(of:))
            printer.settings(
                SessionSettings.table.filter { $0.path.contains(".") }, of: session,
                name: "session.\(session.name).", tablePrefix: "session.", origin: origin(of:))
            for key in ["options", "sessionConfig"] {
                if let table = node.table?[key]?.table { printer.table("session.\(key)", table) }
            }
        }
        return printer.text
    }

    /// One line that says that the configuration is good, and the warnings.
    public var checkReport: String {
        let from = files.isEmpty ? "no file, the defaults" : files.joined(separator: ", ")
        let lines =
            warnings.map { "\($0) (warning)" } + [
                "configuration good: \(from); \(sessions.count) "
                    + (sessions.count == 1 ? "session" : "sessions")
            ]
        return lines.joined(separator: "\n") + "\n"
    }
}
