import TransportHosting

/// What a line of the log is about, for those who search it by field.
public struct LogSubject: Sendable, Equatable {
    public var session: String?
    public var transport: String?
    /// A stable name of what happened; names that the journal's catalogue explains have a message id.
    public var event: String?
    /// Whether a plugin wrote the line, or can cause it as often as it likes.
    public var isFromPlugin: Bool

    public init(
        session: String? = nil, transport: String? = nil, event: String? = nil,
        isFromPlugin: Bool = false
    ) {
        self.session = session
        self.transport = transport
        self.event = event
        self.isFromPlugin = isFromPlugin
    }
}

extension LogSubject {
    init(_ origin: LogOrigin) {
        switch origin {
        case .daemon(let transport): self.init(transport: transport)
        case .plugin(let transport): self.init(transport: transport, isFromPlugin: true)
        }
    }
}
