import DataChannel
import JSON
import ParleyTransport
import PeerConnection

/// What is said beside the audio of a call, over a data channel.
@TransportActor
protocol Conversation: AnyObject {
    /// The channel that we open where we make the offer; nil for a call without channels.
    var channelLabel: String? { get }

    /// Media flows.
    func connected(_ call: PeerCall)
    /// There is a channel, of ours or of the peer.
    func opened(_ channel: PeerDataChannel, _ call: PeerCall)
    /// The channel that was told by ``opened(_:_:)`` is gone, and the call may go on without.
    func closed(_ channel: PeerDataChannel, _ call: PeerCall)
    func received(_ message: DataChannels.Message, _ call: PeerCall)
    func perform(_ command: TransportCommand, _ call: PeerCall) throws(TransportError)
    func playback(_ playback: Playback, _ call: PeerCall)
    /// When ``advance(_:)`` has something to do.
    var nextDueNs: UInt64? { get }
    func advance(_ call: PeerCall)
    /// The session ends by our wish.
    func close(_ call: PeerCall)
    /// For `sessions.get`, beside those of the connection.
    var statistics: JSONObject { get }
}

extension Conversation {
    func closed(_ channel: PeerDataChannel, _ call: PeerCall) {}
    func playback(_ playback: Playback, _ call: PeerCall) {}
    var nextDueNs: UInt64? { nil }
    func advance(_ call: PeerCall) {}
    func close(_ call: PeerCall) {}
    var statistics: JSONObject { [:] }
}

/// A peer without a protocol of its own: messages are JSON, told raw, and text goes out as captions for
/// the talk page.
@TransportActor
final class PlainConversation: Conversation {
    let channelLabel: String?
    private var channel: PeerDataChannel?

    /// - Parameter hasChannel: false for peers that know audio alone.
    init(hasChannel: Bool = true) { channelLabel = hasChannel ? "parley" : nil }

    func connected(_ call: PeerCall) { call.host.status(.connected) }

    func opened(_ channel: PeerDataChannel, _ call: PeerCall) { self.channel = channel }

    func received(_ message: DataChannels.Message, _ call: PeerCall) {
        guard case .text(let text) = message else { return }
        guard let event = try? JSONValue(parsing: Array(text.utf8)), event.objectValue != nil else {
            call.host.event(.raw(["type": "message", "text": .string(text)]))
            return
        }
        call.host.event(.raw(event))
    }

    func perform(_ command: TransportCommand, _ call: PeerCall) throws(TransportError) {
        switch command {
        case .sendEvent(let event): try send(.object(event))
        // The daemon has cut; there is no more to it.
        case .interrupt: break
        case .sendMessage(let message):
            guard let text = message.message.stringValue else {
                throw TransportError(.invalid, "a message to this peer is a text")
            }
            try send(["type": "caption", "who": "Room", "text": .string(text)])
        default: throw .notSupported("such a command")
        }
    }

    private func send(_ event: JSONValue) throws(TransportError) {
        guard let channel, channel.state == .open else {
            throw TransportError(.notConnected, "the peer has no data channel")
        }
        switch channel.send(.text(event.serialized())) {
        case .queued: break
        case .full: throw TransportError(.full, "the peer reads too slowly; try again later")
        case .refused: throw TransportError(.invalid, "the peer takes no message that long")
        }
    }
}
