import DataChannel
import ParleyTransport

/// A channel of messages beside the audio.
@TransportActor
public final class PeerDataChannel {
    public enum State: String, Sendable, Hashable {
        case connecting
        case open
        case closing
        case closed
    }

    public let parameters: DataChannelParameters
    public internal(set) var state = State.connecting
    public var onState: (@TransportActor (State) -> Void)?
    public var onMessage: (@TransportActor (DataChannels.Message) -> Void)?
    /// The number of its stream, once there is one.
    public internal(set) var id: UInt16?
    public internal(set) var messagesSent: UInt64 = 0
    public internal(set) var messagesReceived: UInt64 = 0
    public internal(set) var bytesSent: UInt64 = 0
    public internal(set) var bytesReceived: UInt64 = 0
    weak var connection: PeerConnection?

    public var label: String { parameters.label }

    init(_ parameters: DataChannelParameters, connection: PeerConnection) {
        self.parameters = parameters
        self.connection = connection
    }

    /// Sends a message; only while the channel is open. What is queued arrives, in order if the channel
    /// says so, unless the call ends before.
    public func send(_ message: DataChannels.Message) -> DataChannels.SendResult {
        guard state == .open, let id, let connection else { return .refused }
        let result = connection.send(message, on: id)
        if result == .queued {
            messagesSent += 1
            bytesSent += UInt64(message.byteCount)
        }
        return result
    }

    public func close() {
        guard state == .connecting || state == .open else { return }
        change(to: .closing)
        connection?.close(self)
    }

    func change(to new: State) {
        guard new != state, state != .closed else { return }
        state = new
        onState?(new)
    }

    func received(_ message: DataChannels.Message) {
        messagesReceived += 1
        bytesReceived += UInt64(message.byteCount)
        onMessage?(message)
    }
}
