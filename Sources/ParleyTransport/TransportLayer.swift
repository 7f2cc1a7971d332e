/// A transport: carries one session to its peer. The whole of a plugin is one type that conforms.
///
/// The host makes one instance for each session, by ``init(host:)``, and calls every member on its main
/// thread, never two at once (``TransportActor``). A call must return within 100 ms: what waits uses
/// ``TransportHost/loop``, a task of ``TransportActor``, or a thread of the transport's own.
/// ``TransportHost`` may be used from any thread. When the session ends the instance is released; its
/// own threads must not use the host after that.
///
/// ``connect(_:)``, ``close()`` and ``sendAudio(_:)`` are all that a transport must have. Every other
/// command answers "not supported" until it is implemented, and the daemon asks only for what
/// ``TransportDescriptor/capabilities`` claims. A command that throws has failed; one that returns is
/// done, unless it called ``TransportHost/answerLater()``.
@TransportActor
public protocol TransportLayer: AnyObject, SendableMetatype {
    /// What the plugin is. Read once, when it is loaded.
    nonisolated static var descriptor: TransportDescriptor { get }

    /// A transport for one session, disconnected.
    init(host: TransportHost) throws(TransportError)

    var host: TransportHost { get }

    // MARK: Connection

    /// As last told by ``TransportHost/status(_:)``.
    var status: TransportStatus { get }

    /// Whether the peer was told to ignore the microphone; nil for a transport that does not mute. The
    /// daemon's own mute holds whatever this says.
    var muted: Bool? { get }

    /// Begins to connect and returns; ``TransportHost/status(_:)`` tells how it goes. Called again after
    /// a disconnect. An error ends the attempt as fatal.
    func connect(_ request: ConnectRequest) throws(TransportError)

    /// Ends the connection; ``TransportHost/disconnected(_:)`` must follow within a second. May be
    /// called in any status.
    func close()

    // MARK: Audio

    /// Sound from the local leg, in the format in force, also while connecting.
    func sendAudio(_ frame: borrowing AudioFrame)

    /// The mute barrier: when it returns, nothing that ``sendAudio(_:)`` was given before may reach the
    /// network. A transport that keeps no samples needs nothing.
    func dropAudio()

    /// What became of the speech.
    func playback(_ playback: Playback)

    /// The peer shall take what it heard as the user's turn.
    func commitAudio() throws(TransportError)

    /// The peer shall forget what it heard since the last commit.
    func clearAudio() throws(TransportError)

    // MARK: Conversation

    /// A raw event to the peer, also while connecting.
    func sendEvent(_ event: JSONObject) throws(TransportError)
    func sendMessage(_ message: UserMessage) throws(TransportError)
    /// `image` is a URL or a data URL.
    func addImage(_ image: String, triggerResponse: Bool) throws(TransportError)
    /// `response` overrides parts of the session config for this response.
    func requestResponse(_ response: JSONObject?) throws(TransportError)
    /// The assistant shall stop. The flush that this causes is told by ``playback(_:)`` afterwards.
    func interrupt() throws(TransportError)
    /// The conversation shall be this, in the shape of `item_update`.
    func resetHistory(_ history: [JSONValue]) throws(TransportError)
    /// `config` holds what shall change.
    func updateSessionConfig(_ config: JSONObject) throws(TransportError)
    func mute(_ muted: Bool) throws(TransportError)
    func sendFunctionCallOutput(_ output: FunctionCallOutput) throws(TransportError)
    func sendMCPResponse(_ response: MCPResponse) throws(TransportError)
    /// Telephone keys: 0 to 9, A to D, * and #; comma and space are pauses.
    func sendDTMF(_ digits: String) throws(TransportError)

    // MARK: Secrets

    /// The answer to ``TransportHost/requestSecret(_:)``; nil when there is none. Never log it.
    func secret(_ name: String, _ value: String?)
}

extension TransportLayer {
    public var status: TransportStatus { host.lastStatus }
    public var muted: Bool? { nil }

    public func dropAudio() {}
    public func playback(_ playback: Playback) {}
    public func secret(_ name: String, _ value: String?) {}

    public func commitAudio() throws(TransportError) { throw .notSupported("commitAudio") }
    public func clearAudio() throws(TransportError) { throw .notSupported("clearAudio") }
    public func sendEvent(_ event: JSONObject) throws(TransportError) {
        throw .notSupported("sendEvent")
    }
    public func sendMessage(_ message: UserMessage) throws(TransportError) {
        throw .notSupported("sendMessage")
    }
    public func addImage(_ image: String, triggerResponse: Bool) throws(TransportError) {
        throw .notSupported("addImage")
    }
    public func requestResponse(_ response: JSONObject?) throws(TransportError) {
        throw .notSupported("requestResponse")
    }
    public func interrupt() throws(TransportError) { throw .notSupported("interrupt") }
    public func resetHistory(_ history: [JSONValue]) throws(TransportError) {
        throw .notSupported("resetHistory")
    }
    public func updateSessionConfig(_ config: JSONObject) throws(TransportError) {
        throw .notSupported("updateSessionConfig")
    }
    public func mute(_ muted: Bool) throws(TransportError) { throw .notSupported("mute") }
    public func sendFunctionCallOutput(_ output: FunctionCallOutput) throws(TransportError) {
        throw .notSupported("sendFunctionCallOutput")
    }
    public func sendMCPResponse(_ response: MCPResponse) throws(TransportError) {
        throw .notSupported("sendMcpResponse")
    }
    public func sendDTMF(_ digits: String) throws(TransportError) {
        throw .notSupported("sendDtmf")
    }
}

extension TransportLayer {
    /// Calls the member that a command names.
    public func perform(_ command: TransportCommand) throws(TransportError) {
        switch command {
        case .sendEvent(let event): try sendEvent(event)
        case .sendMessage(let message): try sendMessage(message)
        case .addImage(let image, let trigger): try addImage(image, triggerResponse: trigger)
        case .requestResponse(let response): try requestResponse(response)
        case .updateSessionConfig(let config): try updateSessionConfig(config)
        case .mute(let muted): try mute(muted)
        case .sendFunctionCallOutput(let output): try sendFunctionCallOutput(output)
        case .interrupt: try interrupt()
        case .resetHistory(let history): try resetHistory(history)
        case .sendMCPResponse(let response): try sendMCPResponse(response)
        case .commitAudio: try commitAudio()
        case .clearAudio: try clearAudio()
        case .sendDTMF(let digits): try sendDTMF(digits)
        }
    }
}
