/// How a ``RealtimeClient`` behaves; all with defaults for OpenAI's servers over WebSocket.
public struct ClientSettings: Sendable, Hashable {
    /// Who plays the speech.
    public enum Output: Sendable, Hashable {
        /// The daemon: it knows what was heard, and this client truncates.
        case local
        /// The server's own output buffer (WebRTC, SIP): it truncates by itself.
        case server
    }

    /// Of the connection; a `model` in the session config beats it.
    public var model = SessionConfiguration.defaultModel
    /// nil: as the server speaks.
    public var dialect: SessionConfiguration.Dialect?
    public var output = Output.local
    /// How long to wait for `session.created` before the config is sent.
    public var greetingMs: UInt64 = 2_000
    /// How long to wait for `session.updated`.
    public var acknowledgeMs: UInt64 = 10_000
    /// Sound of the microphone that is kept until the server is ready.
    public var backlogMs = 10_000
    /// Commands that may wait for the connection.
    public var deferredMax = 256
    /// Whether a response is asked for when an MCP call is complete.
    public var respondsToMCPCalls = true
    public var rollOver = RollOver.Settings()

    public init() {}
}
