import JSON
import ParleyTransport
import PeerConnection
import SDP

/// Calls by RTP: plain, as telephony servers have them, and encrypted, as browsers do. The option
/// `signalling` says how a call comes about; what it is then, is a ``Call``.
public final class WebRTCTransport: TransportLayer {
    enum Signalling: String, CaseIterable {
        case rtp
        case manual
        case listen
        case openai
        case whip
        case whep

        /// What must be known before it begins, by the names of the options.
        func secrets(_ request: ConnectRequest) throws(TransportError) -> [String] {
            var names: [String] = []
            switch self {
            case .rtp: return []
            case .manual: break
            case .listen:
                guard request.callID != nil else {
                    return try ListenOptions(request).wantsToken ? ["bearerToken"] : []
                }
            case .openai: if HTTPEndpoint.wantsSecret(request) { names.append("apiKey") }
            case .whip, .whep:
                if HTTPEndpoint.wantsSecret(request) { names.append("bearerToken") }
            }
            if PeerOptions.wantsPassword(request) { names.append("turnPassword") }
            return names
        }
    }

    public nonisolated static var descriptor: TransportDescriptor {
        TransportDescriptor(
            id: "webrtc", name: "WebRTC and RTP", version: "0.1.0", vendor: "Parley",
            description:
                "A call by RTP: with voice models, browsers, gateways and telephony servers.",
            // What a signalling can't do, its sessions refuse.
            capabilities: [
                .dtmf, .rawEvents, .messages, .listen, .interrupt, .ownOutputBuffer, .editHistory,
                .tools, .mcp, .images, .turnEvents, .commitAudio, .updateConfig,
            ],
            options: OptionsSchema(
                [
                    .string(
                        "signalling",
                        "How a call comes about. rtp: by addresses that both sides know; manual: by events; listen: browsers call; openai, whip, whep: by HTTP.",
                        default: "rtp", choices: Signalling.allCases.map(\.rawValue)),
                    .string(
                        "role", "manual: who makes the offer. offer: Parley; answer: the peer.",
                        default: "offer", choices: ["offer", "answer"]),
                ] + HTTPEndpoint.schema + ListenOptions.schema + RTPOptions.schema
                    + PeerOptions.schema),
            formatsIn: formats, formatsOut: formats)
    }

    private nonisolated static var formats: [AudioFormat] {
        [.opus, .pcmu, .pcma, .pcm8000, .pcm16000, .pcm24000, .pcm48000]
    }

    public let host: TransportHost
    private var call: (any Call)?
    /// What waits for secrets: the first of the names is asked for.
    private var waiting: (request: ConnectRequest, names: [String], secrets: [String: String])?

    public init(host: TransportHost) throws(TransportError) { self.host = host }

    // MARK: Connection

    public func connect(_ request: ConnectRequest) throws(TransportError) {
        call = nil
        waiting = nil
        host.status(.connecting)
        waiting = (request, try signalling(of: request).secrets(request), [:])
        try goOn()
    }

    /// Asks for the next secret, or begins.
    private func goOn() throws(TransportError) {
        guard let (request, names, secrets) = waiting else { return }
        if let name = names.first { return host.requestSecret(name) }
        waiting = nil
        let call = try makeCall(request, secrets)
        self.call = call
        try call.connect()
    }

    public func secret(_ name: String, _ value: String?) {
        guard let awaited = waiting?.names.first, awaited == name else {
            call?.secret(name, value)
            return
        }
        waiting?.names.removeFirst()
        waiting?.secrets[name] = value
        do throws(TransportError) {
            try goOn()
        } catch {
            waiting = nil
            host.disconnected(
                DisconnectReason(.never, code: "invalid_options", message: error.message))
        }
    }

    private func signalling(of request: ConnectRequest) throws(TransportError) -> Signalling {
        let name = request.options["signalling"]?.stringValue ?? Signalling.rtp.rawValue
        guard let signalling = Signalling(rawValue: name) else {
            throw TransportError(.invalid, "signalling \(name) is not known")
        }
        return signalling
    }

    private func makeCall(
        _ request: ConnectRequest, _ secrets: [String: String]
    ) throws(TransportError) -> any Call {
        guard let loop = host.loop else {
            throw TransportError(.failed, "this host has no loop (parley.loop/1)")
        }
        let signalling = try signalling(of: request)
        switch signalling {
        case .rtp: return RTPCall(try RTPOptions(request), host: host)
        case .listen where request.callID == nil:
            return try ListenCall(
                try ListenOptions(request), token: secrets["bearerToken"], host: host)
        case .listen, .manual, .openai, .whip, .whep: break
        }
        let (way, conversation) = try means(signalling, request, secrets, loop)
        return try PeerCall(
            try PeerOptions(request, turnPassword: secrets["turnPassword"]), signalling: way,
            conversation: conversation, host: host)
    }

    /// How the descriptions of a call travel, and what is said beside its sound.
    private func means(
        _ signalling: Signalling, _ request: ConnectRequest, _ secrets: [String: String],
        _ loop: HostLoop
    ) throws(TransportError) -> (any WebRTC.Signalling, any Conversation) {
        switch signalling {
        case .rtp, .manual:
            let offers = request.options["role"]?.stringValue != "answer"
            return (ManualSignalling(side: offers ? .offerer : .answerer), PlainConversation())
        case .listen:
            guard let caller = request.callID.flatMap({ TalkCalls[$0] }) else {
                throw TransportError(.invalid, "the caller has hung up")
            }
            return (CallerSignalling(caller), PlainConversation())
        case .openai:
            let key = secrets["apiKey"]
            let endpoint = try HTTPEndpoint(
                request, secret: key, standardURL: OpenAISignalling.standardURL)
            let isEphemeral = key?.hasPrefix("ek_") ?? true
            let session = isEphemeral ? nil : RealtimeConversation.session(request)
            return (
                OpenAISignalling(endpoint, session: session, loop: loop),
                RealtimeConversation(request)
            )
        case .whip, .whep:
            let endpoint = try HTTPEndpoint(request, secret: secrets["bearerToken"])
            return (
                WHIPSignalling(
                    endpoint, direction: signalling == .whip ? .sendReceive : .receiveOnly,
                    loop: loop),
                PlainConversation(hasChannel: false)
            )
        }
    }

    public func close() {
        waiting = nil
        guard let call, host.lastStatus != .disconnected else { return host.disconnected(.closed) }
        host.status(.disconnecting)
        call.close()
    }

    // MARK: Audio

    public func sendAudio(_ frame: borrowing AudioFrame) { call?.send(frame) }

    public func dropAudio() { call?.dropAudio() }

    public func playback(_ playback: Playback) { call?.playback(playback) }

    public func sendDTMF(_ digits: String) throws(TransportError) {
        guard let call, host.lastStatus == .connected else {
            throw TransportError(.notConnected, "there is no call to send keys into")
        }
        try call.sendKeys(digits)
    }

    // MARK: Messages

    public func sendEvent(_ event: JSONObject) throws(TransportError) {
        try run(.sendEvent(event))
    }

    public func sendMessage(_ message: UserMessage) throws(TransportError) {
        try run(.sendMessage(message))
    }

    public func addImage(_ image: String, triggerResponse: Bool) throws(TransportError) {
        try run(.addImage(image: image, triggerResponse: triggerResponse))
    }

    public func requestResponse(_ response: JSONObject?) throws(TransportError) {
        try run(.requestResponse(response))
    }

    public func interrupt() throws(TransportError) { try run(.interrupt) }
    public func commitAudio() throws(TransportError) { try run(.commitAudio) }
    public func clearAudio() throws(TransportError) { try run(.clearAudio) }

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

    private func run(_ command: TransportCommand) throws(TransportError) {
        guard let call else { throw TransportError(.notConnected, "there is no call") }
        try call.perform(command)
    }
}
