import ControlProtocol
import JSON

/// What one client wants to hear of.
struct Subscription {
    /// nil: everything that need not be asked for by name.
    var types: Set<EventType>?
    /// Ids; nil for all sessions.
    var sessions: Set<String>?
    var rawAudio = false

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
