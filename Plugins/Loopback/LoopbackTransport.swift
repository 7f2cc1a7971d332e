import Glibc
import ParleyTransport

/// The loopback plugin: a fake peer that echoes, speaks and misbehaves as its options say.
///
/// What it decides is in values without time or I/O (``EchoPath``, ``Conversation``,
/// ``ConnectionPlan``); this type gives them the clock and carries out what they say.
public final class LoopbackTransport: TransportLayer {
    public nonisolated static var descriptor: TransportDescriptor {
        TransportDescriptor(
            id: "loopback", name: "Loopback", version: "0.1.0", vendor: "Parley",
            description:
                "A fake peer for tests: echoes, speaks by script, and misbehaves on demand.",
            capabilities: [
                .interrupt, .remoteTruncate, .muteRemote, .editHistory, .tools, .mcp, .images,
                .turnEvents, .dtmf, .messages, .rawEvents, .commitAudio, .updateConfig,
            ],
            options: LoopbackOptions.schema, formatsIn: AudioFormat.all,
            formatsOut: AudioFormat.all)
    }

    public let host: TransportHost
    private var timer: HostLoop.Timer?
    private var plan: ConnectionPlan?
    private var options = LoopbackOptions()
    private var request = ConnectRequest()
    private var echo = EchoPath(LoopbackOptions())
    private var conversation = Conversation(LoopbackOptions())
    private var tone: ToneSource?
    private var voice: VoiceOutput?
    private var hasHeard = false
    private var isPeerMuted = false

    public init(host: TransportHost) throws(TransportError) {
        self.host = host
        timer = host.loop?.timer { [weak self] in self?.advance() }
    }

    public var muted: Bool? { isPeerMuted }

    private var nowNs: UInt64 { LoopbackClock.read() }

    // MARK: Connection

    public func connect(_ request: ConnectRequest) throws(TransportError) {
        let options = try LoopbackOptions(request.options)
        self.options = options
        self.request = request
        echo = EchoPath(options)
        conversation = Conversation(options, config: request.config, items: request.items)
        tone = options.mode == .tone ? try ToneSource(options) : nil
        voice = try VoiceOutput(options)
        hasHeard = false
        plan = ConnectionPlan(options, nowNs: nowNs)
        host.format(.toPeer, options.format, frameMs: options.frameMs)
        host.format(.fromPeer, options.format, frameMs: options.frameMs)
        host.status(.connecting)
        advance()
    }

    public func close() { end(.closed) }

    private func end(_ reason: DisconnectReason) {
        plan = nil
        timer?.cancel()
        echo.drop()
        tone = nil
        host.disconnected(reason)
    }

    public func secret(_ name: String, _ value: String?) {
        guard name == options.needSecret else { return }
        plan?.secretArrived(value != nil, nowNs: nowNs)
        advance()
        guard let value, plan != nil else { return }
        host.event(
            .raw([
                "type": "secret", "name": .string(name), "bytes": .integer(Int64(value.utf8.count)),
            ]))
    }

    // MARK: Time

    /// Does what is due, then waits for what comes next.
    private func advance() {
        let now = nowNs
        while let step = plan?.removeDue(nowNs: now) { carryOut(step, now) }
        guard plan != nil else { return }
        if status == .connected {
            tone?.advance(nowNs: now) { header, bytes in
                echo.sendOwn(header, bytes, nowNs: now, emit: emit)
            }
            echo.advance(nowNs: now, emit: emit)
            carryOut(conversation.advance(nowNs: now))
        }
        wait(now)
    }

    private func wait(_ now: UInt64) {
        guard let plan else { return }
        var due = plan.nextDueNs
        if status == .connected {
            for candidate in [echo.nextDueNs, conversation.nextDueNs, tone?.nextDueNs] {
                if let candidate { due = min(due ?? candidate, candidate) }
            }
        }
        guard let due else {
            timer?.cancel()
            return
        }
        timer?.arm(afterNs: due > now ? due - now : 0)
    }

    private func carryOut(_ step: ConnectionPlan.Step, _ now: UInt64) {
        switch step {
        case .askSecret(let name): host.requestSecret(name)
        case .connected:
            host.status(.connected)
            tone?.start(nowNs: now)
            carryOut(conversation.connected(resumes: request.resumes, nowNs: now))
        case .end(let reason): end(reason)
        case .crash: abort()
        case .hang: while true { pause() }
        }
    }

    private func carryOut(_ outputs: [Conversation.Output]) {
        for output in outputs {
            switch output {
            case .event(let event): host.event(event)
            case .namedEvent(let type, let data): host.event(type, .object(data))
            case .speak(let speech): voice?.speak(speech, over: &echo, nowNs: nowNs, emit: emit)
            case .interrupt(let cause):
                echo.drop()
                host.interrupt(cause)
            case .disconnect(let retry, let reason):
                end(ConnectionPlan.disconnect(retry, reason ?? "the script ended the connection"))
            }
        }
    }

    private var emit: EchoPath.Emit {
        { [host] header, bytes in host.audio(header, bytes) }
    }

    // MARK: Audio

    public func sendAudio(_ frame: borrowing AudioFrame) {
        guard status == .connected, !isPeerMuted, frame.header.format == options.format else {
            return
        }
        let now = nowNs
        if options.mode == .echo, !conversation.isSpeaking {
            echo.receive(frame.header, frame.bytes, nowNs: now) { [host] header, bytes in
                host.audio(header, bytes)
            }
        }
        let outputs = conversation.heard(isFirst: !hasHeard, nowNs: now)
        hasHeard = true
        if !outputs.isEmpty { carryOut(outputs) }
        if timer?.isArmed != true || echo.nextDueNs != nil { wait(now) }
    }

    public func dropAudio() { echo.drop() }

    public func playback(_ playback: Playback) {
        if case .flushEnd = playback { echo.drop() }
        carryOut(conversation.playback(playback))
    }

    // MARK: Commands

    /// Every command needs a connection, and may have set something off.
    private func perform(
        _ body: (UInt64) throws(TransportError) -> [Conversation.Output]
    ) throws(TransportError) {
        guard status == .connected else {
            throw TransportError(.notConnected, "the loopback is not connected")
        }
        let now = nowNs
        carryOut(try body(now))
        advance()
    }

    public func sendEvent(_ event: JSONObject) throws(TransportError) {
        try perform { _ in conversation.event(event) }
    }

    public func sendMessage(_ message: UserMessage) throws(TransportError) {
        try perform { now throws(TransportError) in try conversation.message(message, nowNs: now) }
    }

    public func addImage(_ image: String, triggerResponse: Bool) throws(TransportError) {
        try perform { conversation.image(image, triggerResponse: triggerResponse, nowNs: $0) }
    }

    public func requestResponse(_ response: JSONObject?) throws(TransportError) {
        try perform { conversation.requestResponse(response, nowNs: $0) }
    }

    public func interrupt() throws(TransportError) {
        try perform { conversation.interrupt(nowNs: $0) }
    }

    public func resetHistory(_ history: [JSONValue]) throws(TransportError) {
        try perform { _ throws(TransportError) in try conversation.reset(history) }
    }

    public func updateSessionConfig(_ config: JSONObject) throws(TransportError) {
        try perform { _ in conversation.update(config) }
    }

    public func mute(_ muted: Bool) throws(TransportError) {
        try perform { _ in
            isPeerMuted = muted
            if muted { echo.drop() }
            return conversation.event(
                ["type": muted ? "input_audio.muted" : "input_audio.unmuted"])
        }
    }

    public func sendFunctionCallOutput(_ output: FunctionCallOutput) throws(TransportError) {
        try perform { now throws(TransportError) in
            try conversation.functionOutput(output, nowNs: now)
        }
    }

    public func sendMCPResponse(_ response: MCPResponse) throws(TransportError) {
        try perform { _ throws(TransportError) in try conversation.mcpResponse(response) }
    }

    public func commitAudio() throws(TransportError) {
        try perform { conversation.commit(nowNs: $0) }
    }

    public func clearAudio() throws(TransportError) {
        try perform { _ in conversation.clear() }
    }

    public func sendDTMF(_ digits: String) throws(TransportError) {
        try perform { conversation.dtmf(digits, nowNs: $0) }
    }
}
