extension TomlTable {
    /// Lays a later file over this one.
    ///
    /// Tables merge key by key. Everything else, inline tables and arrays included, is replaced as a
    /// whole, so that `{ credential = "a" }` and `{ file = "b" }` never become one secret. Sessions
    /// are told apart by name: one that exists is merged, a new one is appended.
    mutating func merge(_ later: TomlTable) {
        for member in later.members {
            guard let mine = self[member.key] else {
                members.append(member)
                continue
            }
            if member.key == "session", let old = mine.array, let new = member.node.array {
                self[member.key]?.value = .array(TomlTable.mergedSessions(old, new))
            } else {
                self[member.key] = mine.merged(with: member.node)
            }
        }
    }

    private static func mergedSessions(_ old: [TomlNode], _ new: [TomlNode]) -> [TomlNode] {
        var sessions = old
        for session in new {
            let name = session.table?["name"]?.string
            let index = sessions.firstIndex { name != nil && $0.table?["name"]?.string == name }
            if let index {
                sessions[index] = sessions[index].merged(with: session)
            } else {
                sessions.append(session)
            }
        }
        return sessions
    }
}

extension TomlNode {
    fileprivate func merged(with later: TomlNode) -> TomlNode {
        guard var mine = table, let theirs = later.table, !mine.isInline, !theirs.isInline else {
            return later
        }
        mine.merge(theirs)
        return TomlNode(value: .table(mine), origin: origin)
    }
}
