import JSON

/// When `session.tracing` may be sent. It travels alone, never with the rest of the config, because
/// the API fixes it once it is an object and would refuse everything that came with another one.
struct Tracing: Sendable {
    /// What the peer has; nil when nobody said.
    private(set) var current: JSONValue?

    enum Step: Equatable {
        case nothing
        case send(JSONValue)
        /// The peer has an object already: it can't be replaced.
        case isFixed
    }

    mutating func serverSays(_ value: JSONValue?) { current = value }

    /// - Parameter wanted: `auto`, null to disable, or an object.
    mutating func want(_ wanted: JSONValue) -> Step {
        if wanted == current || (wanted.isNull && current == nil) { return .nothing }
        if wanted.objectValue != nil, current?.objectValue != nil { return .isFixed }
        current = wanted
        return .send(wanted)
    }
}
