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
    public let parameters: [Member]
    public let result: ValueType
    /// The stable words that a refusal may have, beside those that any request may meet.
    public let errors: [ControlError.Code]
    /// Whether its line may be as long as an image, an event or a clip needs.
    public let isLarge: Bool

    init(
        _ name: String, _ access: Access, _ summary: String, isLarge: Bool = false,
        _ parameters: Member..., answers result: ValueType, refuses errors: [ControlError.Code] = []
    ) {
        self.name = name
        self.access = access
        self.summary = summary
        self.isLarge = isLarge
        self.parameters = parameters
        self.result = result
        self.errors = errors
    }

    /// Every stable word that a refusal may have.
    public var refusals: [ControlError.Code] {
        errors + [.limitExceeded]
            + (access == .change || name == "events.subscribe" ? [.forbidden] : [])
    }
}
