import JSON
import ParleyTransport
import PeerConnection

/// Calls by RTP: plain, as telephony servers have them, and encrypted, as browsers do. The option
/// `signalling` says how a call comes about; what it is then, is a ``Call``.
public final class WebRTCTransport: TransportLayer {
    enum Signalling: String, CaseIterable {
        case rtp
        case manual
        case listen

        /// The secret without which it can't begin.
        func secret(_ request: ConnectRequest) throws(TransportError) -> String? {
            switch self {
            case .rtp: nil
            case .listen where request.callID == nil:
                try ListenOptions(request).wantsToken ? "bearerToken" : nil
            case .manual, .listen: PeerOptions.wantsPassword(request) ? "turnPassword" : nil
            }
        }
    }

    public nonisolated static var descriptor: TransportDescriptor {
        TransportDescriptor(
            id: "webrtc", name: "WebRTC and RTP", version: "0.1.0", vendor: "Parley",
            description: "A call by RTP: with browsers and gateways, and with telephony servers.",
            capabilities: [.dtmf, .rawEvents, .messages, .listen],
            options: OptionsSchema(
                [
                    .string(
                        "signalling",
                        "How a call comes about. rtp: by addresses that both sides know; manual: by events; listen: browsers call.",
                        default: "rtp", choices: Signalling.allCases.map(\.rawValue)),
                    .string(
                        "role", "manual: who makes the offer. offer: Parley; answer: the peer.",
                        default: "offer", choices: ["offer", "answer"]),
                ] + ListenOptions.schema + RTPOptions.schema + PeerOptions.schema),
            formatsIn: formats, formatsOut: formats)
    }

    private nonisolated static var formats: [AudioFormat] {
        [.opus, .pcmu, .pcma, .pcm8000, .pcm16000, .pcm24000, .pcm48000]
    }

    public let host: TransportHost
    private var call: (any Call)?
    /// Waits for the secret of this name.
    private var waiting: (ConnectRequest, String)?

    public init(host: TransportHost) throws(TransportError) { self.host = host }

    // MARK: Connection

    public func connect(_ request: ConnectRequest) throws(TransportError) {
        call = nil
        waiting = nil
        host.status(.connecting)
        if let name = try signalling(of: request).secret(request) {
            waiting = (request, name)
            host.requestSecret(name)
        } else {
            try begin(request, secret: nil)
        }
    }

    public func secret(_ name: String, _ value: String?) {
        guard let (request, awaited) = waiting, awaited == name else {
            call?.secret(name, value)
            return
        }
        waiting = nil
        do throws(TransportError) {
            try begin(request, secret: value)
        } catch {
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

    private func begin(_ request: ConnectRequest, secret: String?) throws(TransportError) {
        let call = try makeCall(request, secret: secret)
        self.call = call
        try call.connect()
    }

    private func makeCall(
        _ request: ConnectRequest, secret: String?
    ) throws(TransportError) -> any Call {
        switch try signalling(of: request) {
        case .rtp: return RTPCall(try RTPOptions(request), host: host)
        case .manual:
            let offers = request.options["role"]?.stringValue != "answer"
            return try PeerCall(
                try PeerOptions(request, turnPassword: secret),
                signalling: ManualSignalling(side: offers ? .offerer : .answerer),
                conversation: PlainConversation(), host: host)
        case .listen:
            guard let callID = request.callID else {
                return try ListenCall(try ListenOptions(request), token: secret, host: host)
            }
            guard let caller = TalkCalls[callID] else {
                throw TransportError(.invalid, "the caller has hung up")
            }
            return try PeerCall(
                try PeerOptions(request, turnPassword: secret),
                signalling: CallerSignalling(caller), conversation: PlainConversation(),
                host: host)
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

    private func run(_ command: TransportCommand) throws(TransportError) {
        guard let call else { throw TransportError(.notConnected, "there is no call") }
        try call.perform(command)
    }
}
