import JSON
import Networking
import OpenAIRealtime
import ParleyTransport
import WebSocket

/// The OpenAI Realtime API over WebSocket, and every server that speaks its protocol.
///
/// What to say and when is ``RealtimeClient``'s, a value without I/O; what carries it is a
/// ``ServerConnection``. This joins both to the daemon: secrets, commands, speech, time, and the change from
/// one connection to the next before the server ends the first.
public final class OpenAIWebSocketTransport: TransportLayer {
    public nonisolated static var descriptor: TransportDescriptor {
        TransportDescriptor(
            id: "openai-websocket", name: "OpenAI Realtime over WebSocket", version: "0.1.0",
            vendor: "Parley",
            description: "A voice conversation with the OpenAI Realtime API or a server like it.",
            capabilities: [
                .interrupt, .remoteTruncate, .editHistory, .tools, .mcp, .images, .turnEvents,
                .timelineMs, .attachByCallID, .messages, .rawEvents, .commitAudio, .updateConfig,
            ],
            options: ServerOptions.schema, formatsIn: [.pcm24000, .pcmu, .pcma],
            formatsOut: [.pcm24000, .pcmu, .pcma])
    }

    public let host: TransportHost
    private var timer: HostLoop.Timer?
    private var options: ServerOptions?
    private var current: ServerConnection?
    /// The connection that takes the place of ``current`` between two turns.
    private var next: ServerConnection?
    private var isNextReady = false
    /// Connections that say goodbye.
    private var leaving: [ServerConnection] = []
    /// What the answer to a request for the key is for.
    private var awaitsKeyFor: Purpose?
    private var hasSentKey = false
    private var commands: [CommandID: PendingCommand] = [:]
    private var lastCommand: CommandID = 0
    private var held = HeldSpeech()
    /// Why the session ends, until the server has been told.
    private var farewell: DisconnectReason?

    private enum Purpose { case first, next }

    /// While the daemon has no room for speech.
    private static let retryNs: UInt64 = 50_000_000
    /// While a turn goes on that a change of connections waits for.
    private static let handOverNs: UInt64 = 100_000_000

    public init(host: TransportHost) throws(TransportError) {
        self.host = host
        timer = host.loop?.timer { [weak self] in self?.advance() }
    }

    public var muted: Bool? { nil }

    // MARK: Connection

    public func connect(_ request: ConnectRequest) throws(TransportError) {
        let options = try ServerOptions(request)
        self.options = options
        farewell = nil
        hasSentKey = false
        held.removeAll()
        let client = RealtimeClient(options.client, config: request.config, items: request.items)
        host.status(.connecting)
        tellFormats(toPeer: client.inputFormat, fromPeer: client.outputFormat)
        current = connection(client)
        if options.asksForKey {
            ask(.first)
        } else {
            try open(current, key: nil)
        }
    }

    private func connection(_ client: RealtimeClient) -> ServerConnection {
        // The connection is known to its handler by what it is when the event comes.
        let box = ConnectionBox()
        let made = ServerConnection(client) { [weak self] event in
            guard let connection = box.connection else { return }
            self?.serve(event, of: connection)
        }
        box.connection = made
        return made
    }

    @TransportActor private final class ConnectionBox { weak var connection: ServerConnection? }

    private func open(_ connection: ServerConnection?, key: String?) throws(TransportError) {
        guard let options, let connection else { return }
        guard let loop = host.loop else {
            throw TransportError(.failed, "this host has no loop (parley.loop/1)")
        }
        hasSentKey = key != nil
        try connection.open(options, key: key, loop: loop)
    }

    private func ask(_ purpose: Purpose) {
        awaitsKeyFor = purpose
        host.requestSecret("apiKey")
    }

    public func secret(_ name: String, _ value: String?) {
        guard name == "apiKey", let purpose = awaitsKeyFor else { return }
        awaitsKeyFor = nil
        do throws(TransportError) {
            switch purpose {
            case .first: try open(current, key: value)
            case .next: try open(next, key: value)
            }
        } catch {
            let reason = DisconnectReason(.never, code: "invalid_options", message: error.message)
            if purpose == .next { return nextFailed(error.message) }
            current?.client.fail(reason)
            current?.carryOut()
        }
    }

    public func close() {
        abandonNext()
        awaitsKeyFor = nil
        guard let current else { return host.disconnected(.closed) }
        host.status(.disconnecting)
        current.client.fail(.closed)
        current.carryOut()
    }

    // MARK: What a connection tells

    private func serve(_ event: ServerConnection.Event, of connection: ServerConnection) {
        guard connection === current else { return serveOther(event, of: connection) }
        switch event {
        case .raw(let bytes): tellRaw(bytes)
        case .effect(let effect): carryOut(effect, of: connection)
        case .dropped(let ms):
            host.event(.raw(["type": "discontinuity", "droppedMs": .integer(Int64(ms))]))
            host.log(.warning, "the server took no audio: \(ms) ms of the microphone were dropped")
        case .failed(let fault): failed(fault)
        case .gone:
            current = nil
            if let farewell { host.disconnected(farewell) }
            farewell = nil
        }
        arm()
    }

    private func tellRaw(_ message: UnsafeRawBufferPointer) {
        guard host.hearsRawEvents else { return }
        if !host.hearsRawAudio, let short = AudioMessage.withoutAudio(message) {
            short.withUnsafeBytes { host.rawEvent($0) }
        } else {
            host.rawEvent(message)
        }
    }

    private func failed(_ fault: LinkFault) {
        if case .webSocket(.refused(let status, _, _, _)) = fault, status == 401, let options,
            options.authentication == .auto, !hasSentKey, let old = current
        {
            // A server on this machine that wants a key after all.
            current = connection(old.client)
            return ask(.first)
        }
        current?.client.fail(Self.reason(fault))
        current?.carryOut()
    }

    /// The server's own refusals say more than their status.
    private static func reason(_ fault: LinkFault) -> DisconnectReason {
        guard case .webSocket(.refused(let status, _, let body, let seconds)) = fault else {
            return DisconnectReason(fault)
        }
        return .refused(
            httpStatus: status, retryAfter: seconds.map(String.init), body: Array(body.utf8))
    }

    private func carryOut(_ effect: Effect, of connection: ServerConnection) {
        switch effect {
        case .send, .sendAudio, .rawEvent: break
        case .event(let event): host.event(event)
        case .speech(let speech): give(speech, of: connection)
        case .interrupt(let cause):
            dropHeld()
            host.interrupt(cause)
        case .connected: host.status(.connected)
        case .formats(let toPeer, let fromPeer): tellFormats(toPeer: toPeer, fromPeer: fromPeer)
        case .complete(let id, let error):
            let command = commands.removeValue(forKey: id)
            if let error { command?.fail(error) } else { command?.complete() }
        case .rollOver: beginRollOver(from: connection)
        case .statistics(let statistics): host.statistics(statistics)
        case .log(let text): host.log(.info, text)
        case .disconnect(let reason): end(reason)
        }
    }

    private func tellFormats(toPeer: AudioFormat, fromPeer: AudioFormat) {
        host.format(.toPeer, toPeer, frameMs: 20)
        host.format(.fromPeer, fromPeer, frameMs: 20)
    }

    /// The server is told before the daemon where the session ends by the daemon's wish; in any other
    /// case the daemon must know at once.
    private func end(_ reason: DisconnectReason) {
        abandonNext()
        held.removeAll()
        commands = [:]
        if reason == .closed {
            farewell = reason
        } else {
            if let current { leaving.append(current) }
            current = nil
            host.disconnected(reason)
        }
    }

    // MARK: Speech

    private func give(_ speech: Speech, of connection: ServerConnection) {
        let result = connection.client.speechBytes.withUnsafeBytes { bytes in
            let piece = UnsafeRawBufferPointer(rebasing: bytes[speech.byteRange])
            guard held.isEmpty else { return TransportHost.AudioResult.full }
            return host.audio(speech.header, piece.bytes)
        }
        guard result == .full else { return }
        held.append(speech.header, Array(connection.client.speechBytes[speech.byteRange]))
        connection.setReading(false)
    }

    private func giveHeld() {
        guard !held.isEmpty else { return }
        held.flush { header, bytes in bytes.withUnsafeBytes { host.audio(header, $0.bytes) } }
        if held.isEmpty { current?.setReading(true) }
    }

    /// What waits belongs to what is cut: given later, it would be taken for new speech.
    private func dropHeld() {
        guard !held.isEmpty else { return }
        held.removeAll()
        current?.setReading(true)
    }

    // MARK: Time

    private func advance() {
        giveHeld()
        current?.advance()
        next?.advance()
        handOverIfDue()
        arm()
    }

    private func arm() {
        let now = ServerConnection.nowNs
        var dues = [current?.client.nextDueNs, next?.client.nextDueNs]
        if !held.isEmpty { dues.append(now + Self.retryNs) }
        if isNextReady { dues.append(now + Self.handOverNs) }
        guard let due = dues.compactMap({ $0 }).min() else {
            timer?.cancel()
            return
        }
        timer?.arm(afterNs: due > now ? due - now : 0)
    }

    // MARK: The next connection

    private func beginRollOver(from connection: ServerConnection) {
        guard next == nil, let options else { return }
        host.log(.info, "the server will end the session soon: making the next connection")
        next = self.connection(connection.client.successor())
        isNextReady = false
        if options.asksForKey || hasSentKey {
            ask(.next)
        } else {
            do throws(TransportError) {
                try open(next, key: nil)
            } catch {
                nextFailed(error.message)
            }
        }
    }

    /// It is tried again later; the session goes on on ``current``.
    private func nextFailed(_ reason: String) {
        host.log(.warning, "the next connection did not come about: \(reason)")
        abandonNext()
        current?.client.replacementFailed(nowNs: ServerConnection.nowNs)
        arm()
    }

    /// Events of a connection that is not the session's yet, or no more.
    private func serveOther(_ event: ServerConnection.Event, of connection: ServerConnection) {
        switch event {
        case .gone: leaving.removeAll { $0 === connection }
        case .effect(.connected) where connection === next:
            isNextReady = true
            handOverIfDue()
        case .failed(let fault) where connection === next: nextFailed(fault.description)
        case .effect(.disconnect(let reason)) where connection === next:
            nextFailed(reason.message ?? "it ended for no reason given")
        default: break
        }
        arm()
    }

    private func handOverIfDue() {
        guard isNextReady, let current, let next,
            current.client.mayHandOver(nowNs: ServerConnection.nowNs)
        else { return }
        next.client.takeOver(from: current.client, nowNs: ServerConnection.nowNs)
        self.current = next
        self.next = nil
        isNextReady = false
        leaving.append(current)
        current.client.fail(.closed)
        current.carryOut()
        next.carryOut()
        host.log(.info, "the session goes on on the next connection")
    }

    private func abandonNext() {
        if awaitsKeyFor == .next { awaitsKeyFor = nil }
        guard let abandoned = next else { return }
        next = nil
        isNextReady = false
        leaving.append(abandoned)
        abandoned.client.fail(.closed)
        abandoned.carryOut()
    }

    // MARK: Audio

    public func sendAudio(_ frame: borrowing AudioFrame) {
        guard let current, frame.header.format == current.client.inputFormat else { return }
        current.microphone(frame)
    }

    public func dropAudio() { current?.dropAudio() }

    public func playback(_ playback: Playback) {
        current?.client.playback(playback, nowNs: ServerConnection.nowNs)
        current?.carryOut()
        giveHeld()
        handOverIfDue()
        arm()
    }

    // MARK: Commands

    private func run(_ command: TransportCommand) throws(TransportError) {
        guard let current else {
            throw TransportError(.notConnected, "the session is not connected to its server")
        }
        lastCommand += 1
        let id = lastCommand
        let answer = try current.client.perform(command, id: id, nowNs: ServerConnection.nowNs)
        if answer == .later { commands[id] = host.answerLater() }
        current.carryOut()
        arm()
    }

    public func commitAudio() throws(TransportError) { try run(.commitAudio) }
    public func clearAudio() throws(TransportError) { try run(.clearAudio) }
    public func interrupt() throws(TransportError) {
        dropHeld()
        try run(.interrupt)
    }
    public func sendEvent(_ event: JSONObject) throws(TransportError) { try run(.sendEvent(event)) }

    public func sendMessage(_ message: UserMessage) throws(TransportError) {
        try run(.sendMessage(message))
    }

    public func addImage(_ image: String, triggerResponse: Bool) throws(TransportError) {
        try run(.addImage(image: image, triggerResponse: triggerResponse))
    }

    public func requestResponse(_ response: JSONObject?) throws(TransportError) {
        try run(.requestResponse(response))
    }

    public func resetHistory(_ history: [JSONValue]) throws(TransportError) {
        try run(.resetHistory(history))
    }

    public func updateSessionConfig(_ config: JSONObject) throws(TransportError) {
        try run(.updateSessionConfig(config))
    }

    public func sendFunctionCallOutput(_ output: FunctionCallOutput) throws(TransportError) {
        try run(.sendFunctionCallOutput(output))
    }

    public func sendMCPResponse(_ response: MCPResponse) throws(TransportError) {
        try run(.sendMCPResponse(response))
    }
}
