import ControlProtocol
import JSON

/// What one client wants to hear of.
struct Subscription {
    /// nil: everything that need not be asked for by name.
    private let types: Set<EventType>?
    /// Ids; nil for all sessions.
    private var sessions: Set<String>?
    let rawAudio: Bool

    /// Reads the parameters of `events.subscribe`, which have been checked.
    ///
    /// - Parameter sessionID: of a session by id or name; nil when there is none.
    init(
        _ parameters: JSONObject, role: Role, sessionID: (String) -> String?
    ) throws(ControlError) {
        types = parameters["types"]?.arrayValue.map { types in
            Set(types.compactMap { $0.stringValue.flatMap(EventType.init(rawValue:)) })
        }
        if role != .control,
            let hidden = types?.filter({ !$0.isForMonitors }).map(\.rawValue).min()
        {
            throw ControlError(
                .forbidden, "\(hidden) shows what was said: use control.sock, not monitor.sock")
        }
        rawAudio = parameters["rawAudio"]?.boolValue ?? false
        guard let names = parameters["sessions"]?.arrayValue else { return }
        var ids: Set<String> = []
        for name in names.compactMap(\.stringValue) {
            guard let id = sessionID(name) else {
                throw ControlError(.unknownSession, "there is no session \(name)")
            }
            ids.insert(id)
        }
        sessions = ids
    }

    func wants(_ type: EventType, session: String?, role: Role) -> Bool {
        guard role == .control || type.isForMonitors else { return false }
        if let types {
            guard types.contains(type) else { return false }
        } else if type.isOnDemand {
            return false
        }
        guard let sessions, let session else { return true }
        return sessions.contains(session)
    }
}
