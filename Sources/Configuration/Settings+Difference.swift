/// What a reload changes.
public struct SettingsDifference: Sendable, Equatable {
    /// Keys with another value, in the order of the reference, then transports and sessions.
    public var changes: [SettingChange] = []
    /// Names of sessions.
    public var addedSessions: [String] = []
    public var removedSessions: [String] = []
    public var changedSessions: [String] = []

    public var isEmpty: Bool {
        changes.isEmpty && addedSessions.isEmpty && removedSessions.isEmpty
    }

    /// Keys that take effect then.
    public func keys(_ application: Application) -> [String] {
        changes.filter { $0.application == application }.map(\.key)
    }
}

public struct SettingChange: Sendable, Hashable {
    public let key: String
    public let application: Application
}

extension Settings {
    /// Compares with the settings that were in force before.
    public func difference(from old: Settings) -> SettingsDifference {
        var difference = SettingsDifference()
        for setting in Settings.table where setting.show(self) != setting.show(old) {
            difference.changes.append(
                SettingChange(key: setting.path, application: setting.application))
        }
        let ids = old.transports.map(\.id) + transports.map(\.id)
        var seen: Set<String> = []
        for id in ids where seen.insert(id).inserted && self[transport: id] != old[transport: id] {
            difference.changes.append(
                SettingChange(key: "transports.\(id)", application: .nextSession))
        }
        difference.removedSessions = old.sessions.map(\.name).filter { self[session: $0] == nil }
        for session in sessions {
            guard let before = old[session: session.name] else {
                difference.addedSessions.append(session.name)
                continue
            }
            guard session != before else { continue }
            difference.changedSessions.append(session.name)
            difference.changes += session.changes(from: before)
        }
        return difference
    }
}

extension SessionSettings {
    fileprivate func changes(from old: SessionSettings) -> [SettingChange] {
        var changes = SessionSettings.table.filter { $0.show(self) != $0.show(old) }.map {
            SettingChange(key: "session.\(name).\($0.path)", application: $0.application)
        }
        if options != old.options || secrets != old.secrets || allowsInsecure != old.allowsInsecure
        {
            changes.append(
                SettingChange(key: "session.\(name).options", application: .nextSession))
        }
        if sessionConfig != old.sessionConfig {
            changes.append(
                SettingChange(key: "session.\(name).sessionConfig", application: .nextSession))
        }
        return changes
    }
}
