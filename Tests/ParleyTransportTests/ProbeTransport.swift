import ParleyTransport

/// A transport with the three members that there must be, and a few that tests look at.
final class ProbeTransport: TransportLayer {
    nonisolated static var descriptor: TransportDescriptor {
        TransportDescriptor(
            id: "probe", name: "Probe", version: "1.2.3", vendor: "Tests",
            capabilities: [.interrupt, .messages], maxSessionSeconds: 60,
            options: OptionsSchema([
                .integer("count", "A count.", default: 3, in: 1...5), .secret("key", "A key."),
            ]),
            formatsIn: [.pcm24000, .opus], formatsOut: [.pcmu])
    }

    /// The instance that was made last.
    static weak var last: ProbeTransport?

    let host: TransportHost
    var request: ConnectRequest?
    var received: [[UInt8]] = []
    var playbacks: [Playback] = []
    var pending: PendingCommand?
    var secrets: [String: String?] = [:]

    init(host: TransportHost) throws(TransportError) {
        self.host = host
        Self.last = self
    }

    func connect(_ request: ConnectRequest) throws(TransportError) {
        self.request = request
        if let text = request.options["fail"]?.stringValue {
            throw TransportError(.invalid, text)
        }
        host.status(.connected)
    }

    func close() { host.disconnected(.closed) }

    func sendAudio(_ frame: borrowing AudioFrame) {
        received.append(frame.bytes.withUnsafeBytes { [UInt8]($0) })
        host.audio(frame.header, frame.bytes)
    }

    func playback(_ playback: Playback) { playbacks.append(playback) }

    func secret(_ name: String, _ value: String?) { secrets[name] = value }

    func interrupt() throws(TransportError) { host.interrupt(.client) }

    func sendMessage(_ message: UserMessage) throws(TransportError) {
        switch message.message {
        case "later": pending = host.answerLater()
        case "full": throw TransportError(.full, "no room")
        default: break
        }
    }
}
