import JSON

/// A table whose keys config doesn't know: options of a plugin, a session config.
struct FreeTable {
    var values = JSONObject()
    var secrets: [String: SecretSource] = [:]

    /// Turns the table into JSON and takes out what has the shape of a secret:
    /// `{ credential = "…" }`, `{ file = "…" }` or `{ environment = "…" }`.
    ///
    /// - Parameters:
    ///   - key: the table's path, for messages.
    ///   - skip: members that someone else reads.
    init(
        _ table: TomlTable, key: String, takesSecrets: Bool, skip: Set<String> = [],
        reader: inout SettingsReader
    ) {
        var walk = FreeTableWalk(takesSecrets: takesSecrets)
        var kept = table
        kept.members.removeAll { skip.contains($0.key) }
        values = walk.object(kept, key: key, name: "", reader: &reader)
        secrets = walk.secrets
    }
}

private struct FreeTableWalk {
    let takesSecrets: Bool
    var secrets: [String: SecretSource] = [:]

    mutating func object(
        _ table: TomlTable, key: String, name: String, reader: inout SettingsReader
    ) -> JSONObject {
        var object = JSONObject()
        for member in table.members {
            let memberKey = "\(key).\(member.key)"
            let memberName = name.isEmpty ? member.key : "\(name).\(member.key)"
            reader.origins[memberKey] = member.node.origin
            if takesSecrets, let table = member.node.table, SecretSource.hasShape(table) {
                do throws(Refusal) {
                    secrets[memberName] = try SecretSource(table)
                } catch {
                    reader.report(member.node, memberKey, error.message)
                }
                continue
            }
            if takesSecrets, SecretName.isSuspicious(member.key, member.node) {
                reader.warn(
                    member.node, memberKey,
                    "looks like a secret in the open; name it instead: "
                        + "\(TomlText.key(member.key)) = { credential = \"…\" }")
            }
            object[member.key] = value(
                member.node, key: memberKey, name: memberName, reader: &reader)
        }
        return object
    }

    private mutating func value(
        _ node: TomlNode, key: String, name: String, reader: inout SettingsReader
    ) -> JSONValue {
        switch node.value {
        case .string(let text): return .string(text)
        case .integer(let value): return .integer(value)
        case .bool(let value): return .bool(value)
        case .number(let value):
            if !value.isFinite { reader.report(node, key, "must be a finite number") }
            return .number(value.isFinite ? value : 0)
        case .date:
            reader.report(node, key, "dates are not known here; write a string in quotes")
            return .null
        case .array(let elements):
            return .array(
                elements.enumerated().map { index, element in
                    if takesSecrets, let table = element.table, SecretSource.hasShape(table) {
                        reader.report(element, key, "a secret can't stand in a list")
                    }
                    return value(element, key: key, name: "\(name).\(index)", reader: &reader)
                })
        case .table(let table):
            return .object(object(table, key: key, name: name, reader: &reader))
        }
    }
}
