import JSON

/// What a socket's clients may do.
public enum Role: String, Sendable {
    /// control.sock: everything.
    case control
    /// monitor.sock: what changes nothing and shows nothing that was said.
    case monitor
}

/// One method of the control protocol, as the server checks it and `rpc.discover` shows it.
public struct ControlMethod: Sendable {
    public enum Access: Sendable {
        /// Changes nothing: any role.
        case read
        /// Needs the control role.
        case change
    }

    public let name: String
    public let access: Access
    public let summary: String
    public let parameters: [Parameter]
    /// Whether its line may be as long as an image, an event or a clip needs.
    public let isLarge: Bool

    public init(
        _ name: String, _ access: Access, _ summary: String, isLarge: Bool = false,
        _ parameters: Parameter...
    ) {
        self.name = name
        self.access = access
        self.summary = summary
        self.isLarge = isLarge
        self.parameters = parameters
    }

    public static func named(_ name: String) -> ControlMethod? { byName[name] }

    private static let byName = Dictionary(
        all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
}
