import JSON
import ParleyTransport

/// Calls by RTP: plain, as telephony servers have them. The option `signalling` says how a call comes
/// about; what it is then, is a ``Call``.
public final class WebRTCTransport: TransportLayer {
    enum Signalling: String, CaseIterable {
        case rtp
    }

    public nonisolated static var descriptor: TransportDescriptor {
        TransportDescriptor(
            id: "webrtc", name: "WebRTC and RTP", version: "0.1.0", vendor: "Parley",
            description: "A call by RTP, with the codecs that telephony servers and browsers have.",
            capabilities: [.dtmf, .rawEvents],
            options: OptionsSchema(
                [
                    .string(
                        "signalling",
                        "How a call comes about. rtp: by addresses that both sides know.",
                        default: "rtp", choices: Signalling.allCases.map(\.rawValue))
                ] + RTPOptions.schema),
            formatsIn: formats, formatsOut: formats)
    }

    private nonisolated static var formats: [AudioFormat] {
        [.opus, .pcmu, .pcma, .pcm8000, .pcm16000, .pcm24000, .pcm48000]
    }

    public let host: TransportHost
    private var call: (any Call)?

    public init(host: TransportHost) throws(TransportError) { self.host = host }

    public func connect(_ request: ConnectRequest) throws(TransportError) {
        host.status(.connecting)
        let call = try makeCall(request)
        self.call = call
        try call.connect()
    }

    private func makeCall(_ request: ConnectRequest) throws(TransportError) -> any Call {
        let name = request.options["signalling"]?.stringValue ?? Signalling.rtp.rawValue
        switch Signalling(rawValue: name) {
        case .rtp: return RTPCall(try RTPOptions(request), host: host)
        case nil: throw TransportError(.invalid, "signalling \(name) is not known")
        }
    }

    public func close() {
        guard let call, host.lastStatus != .disconnected else { return host.disconnected(.closed) }
        call.close()
    }

    public func sendAudio(_ frame: borrowing AudioFrame) { call?.send(frame) }

    public func dropAudio() { call?.dropAudio() }

    public func sendDTMF(_ digits: String) throws(TransportError) {
        guard let call, host.lastStatus == .connected else {
            throw TransportError(.notConnected, "there is no call to send keys into")
        }
        try call.sendKeys(digits)
    }

    public func secret(_ name: String, _ value: String?) { call?.secret(name, value) }
}
