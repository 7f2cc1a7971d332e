/// When a change of a key takes effect after a reload.
public enum Application: String, Sendable, Hashable {
    /// At once.
    case live
    /// For sessions that are created or restarted from then on.
    case nextSession
    /// When the daemon is started again.
    case restart
}

/// One key: the only place that says how it is read, written, compared and documented.
struct Setting<Root: Sendable>: Sendable {
    /// With points between tables: `audio.echoCancellation`.
    let path: String
    let typeName: String
    let application: Application
    let summary: String
    let read: @Sendable (TomlNode, inout Root) throws(Refusal) -> Void
    /// The value as TOML, or nil when there is none.
    let show: @Sendable (Root) -> String?

    init<Value>(
        _ path: String, _ member: any WritableKeyPath<Root, Value> & Sendable,
        _ type: ValueType<Value>, _ application: Application, _ summary: String
    ) {
        self.path = path
        self.typeName = type.name
        self.application = application
        self.summary = summary
        read = { node, root throws(Refusal) in root[keyPath: member] = try type.read(node) }
        show = { root in type.show(root[keyPath: member]) }
    }

    /// A key whose absence means something of its own.
    init<Value>(
        _ path: String, _ member: any WritableKeyPath<Root, Value?> & Sendable,
        _ type: ValueType<Value>, _ application: Application, _ summary: String
    ) {
        self.path = path
        self.typeName = type.name
        self.application = application
        self.summary = summary
        read = { node, root throws(Refusal) in root[keyPath: member] = try type.read(node) }
        show = { root in root[keyPath: member].flatMap(type.show) }
    }
}
