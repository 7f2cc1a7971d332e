/// Reads tables by their settings and gathers everything that is wrong.
struct SettingsReader {
    var problems: [ConfigurationProblem] = []
    var warnings: [ConfigurationProblem] = []
    /// Where each key that was given comes from.
    var origins: [String: Origin] = [:]

    mutating func report(_ node: TomlNode, _ key: String, _ message: String) {
        problems.append(ConfigurationProblem(origin: node.origin, key: key, message: message))
    }

    mutating func warn(_ node: TomlNode, _ key: String, _ message: String) {
        warnings.append(ConfigurationProblem(origin: node.origin, key: key, message: message))
    }

    /// Reads what the settings know of `table` into `root`; anything else is a problem.
    ///
    /// - Parameters:
    ///   - prefix: path of the table within the settings, `audio.` or nothing.
    ///   - name: path of the settings' root in messages, such as `session.kitchen.`.
    ///   - others: paths that someone else reads.
    mutating func read<Root>(
        _ table: TomlTable, prefix: String = "", name: String = "", by settings: [Setting<Root>],
        besides others: Set<String> = [], into root: inout Root
    ) {
        for member in table.members {
            let path = prefix + member.key
            if let setting = settings.first(where: { $0.path == path }) {
                read(member.node, by: setting, name: name, into: &root)
            } else if others.contains(path) {
                continue
            } else if settings.contains(where: { $0.path.hasPrefix(path + ".") }) {
                guard let inner = member.node.table else {
                    report(member.node, name + path, "must be a table, not \(member.node.kindName)")
                    continue
                }
                read(
                    inner, prefix: path + ".", name: name, by: settings, besides: others,
                    into: &root)
            } else {
                let known = settings.map(\.path) + others
                let hint = Spelling.nearest(to: path, among: Spelling.siblings(of: path, in: known))
                report(
                    member.node, name + path,
                    "there is no such key" + (hint.map { "; did you mean \($0)?" } ?? ""))
            }
        }
    }

    private mutating func read<Root>(
        _ node: TomlNode, by setting: Setting<Root>, name: String, into root: inout Root
    ) {
        do throws(Refusal) {
            try setting.read(node, &root)
            origins[name + setting.path] = node.origin
        } catch {
            report(node, name + setting.path, error.message)
        }
    }
}
