import ControlProtocol
import JSON

/// From the merged document to typed settings.
extension Settings {
    mutating func read(_ reader: inout SettingsReader) {
        reader.read(
            document, by: Settings.table, besides: ["version", "transports", "session"],
            into: &self)
        checkLimits(&reader)
        if let node = document["transports"] { readTransports(node, &reader) }
        if let node = document["session"] { readSessions(node, &reader) }
    }

    private mutating func readTransports(_ node: TomlNode, _ reader: inout SettingsReader) {
        guard let table = node.table else {
            reader.report(node, "transports", "must be a table such as [transports.loopback]")
            return
        }
        for member in table.members {
            let key = "transports.\(member.key)"
            guard let options = member.node.table else {
                reader.report(member.node, key, "must be a table of the plugin's options")
                continue
            }
            let id = TomlNode(value: .string(member.key), origin: member.node.origin)
            do throws(Refusal) {
                _ = try ValueType<String>.transportID.read(id)
            } catch {
                reader.report(member.node, key, "the transport's id \(error.message)")
            }
            reader.origins[key] = member.node.origin
            var transport = TransportSettings(id: member.key)
            transport.allowsInsecure = reader.insecure(options, key) ?? false
            let free = FreeTable(
                options, key: key, takesSecrets: true, skip: ["insecure"], reader: &reader)
            transport.options = free.values
            let endpoint = reader.endpoint(options, key)
            transport.secrets = free.secrets.mapValues {
                BoundSecret(source: $0, endpoint: endpoint)
            }
            reader.refusePlain(
                transport.secrets, key, member.node, isAllowed: transport.allowsInsecure)
            transports.append(transport)
        }
    }

    private mutating func readSessions(_ node: TomlNode, _ reader: inout SettingsReader) {
        guard let elements = node.array else {
            reader.report(node, "session", "must be written as [[session]]")
            return
        }
        for element in elements {
            guard let table = element.table else {
                reader.report(element, "session", "must be written as [[session]]")
                continue
            }
            readSession(table, element, &reader)
        }
    }

    private mutating func readSession(
        _ table: TomlTable, _ node: TomlNode, _ reader: inout SettingsReader
    ) {
        let label = table["name"]?.string ?? "\(sessions.count + 1)"
        let name = "session.\(label)."
        var session = SessionSettings()
        session.reconnect = reconnect
        reader.origins[String(name.dropLast())] = node.origin
        reader.read(
            table, name: name, by: SessionSettings.table, besides: ["options", "sessionConfig"],
            into: &session)
        for key in ["name", "transport"] where table[key] == nil {
            reader.report(node, name + key, "is missing; every [[session]] needs it")
        }
        for setting in Settings.reconnectTable where reader.origins[name + setting.path] == nil {
            reader.origins[name + setting.path] = reader.origins[setting.path]
        }
        reader.checkLocal(table, session.local, name)
        reader.checkReconnect(session.reconnect, name + "reconnect", fallback: node)
        if let options = reader.table(table["options"], name + "options") {
            let key = name + "options"
            session.allowsInsecure = reader.insecure(options, key)
            let free = FreeTable(
                options, key: key, takesSecrets: true, skip: ["insecure"], reader: &reader)
            session.options = free.values
            bindSecrets(of: &session, free, options, node, &reader)
        }
        if let config = reader.table(table["sessionConfig"], name + "sessionConfig") {
            session.sessionConfig =
                FreeTable(
                    config, key: name + "sessionConfig", takesSecrets: false, reader: &reader
                ).values
        }
        sessions.append(session)
    }

    /// A session may name another url than its transport's table: then it needs its own secrets.
    private func bindSecrets(
        of session: inout SessionSettings, _ free: FreeTable, _ options: TomlTable,
        _ node: TomlNode,
        _ reader: inout SettingsReader
    ) {
        let key = "session.\(session.name).options"
        let transport = self[transport: session.transport]
        let transportURL = transport?.options["url"]?.stringValue
        let own = reader.endpoint(options, key)
        let endpoint = own ?? transportURL.flatMap(Endpoint.init(url:))
        session.secrets = free.secrets.mapValues { BoundSecret(source: $0, endpoint: endpoint) }
        let isAllowed = session.allowsInsecure ?? transport?.allowsInsecure ?? false
        reader.refusePlain(session.secrets, key, node, isAllowed: isAllowed)
        guard let own, let transport else { return }
        for (name, secret) in transport.secrets.sorted(by: { $0.key < $1.key })
        where session.secrets[name] == nil && secret.endpoint != own {
            reader.report(
                options["url"] ?? node, "\(key).url",
                "is another server than that of transports.\(transport.id), whose \(name) it does "
                    + "not get; give the session its own \(name)")
        }
    }

    private func checkLimits(_ reader: inout SettingsReader) {
        reader.checkReconnect(reconnect, "reconnect", fallback: nil)
        reader.check(
            control.limits.lineSize <= control.limits.largeLineSize, "control.largeLineSize",
            "must not be less than control.lineSize")
        reader.check(
            control.limits.reservedClients < control.limits.clients, "control.reservedClients",
            "must be less than control.clients")
        reader.check(
            control.limits.slowReaderSize <= control.limits.outgoingBuffer,
            "control.slowReaderSize",
            "must not be more than control.outgoingBuffer")
    }
}
