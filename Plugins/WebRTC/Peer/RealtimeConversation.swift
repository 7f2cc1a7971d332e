import DataChannel
import Glibc
import JSON
import OpenAIRealtime
import ParleyTransport
import PeerConnection

/// The OpenAI Realtime protocol over the data channel of a call. What to say and when is
/// ``RealtimeClient``'s, as over WebSocket; the sound goes by RTP, and its queue is the server's.
@TransportActor
final class RealtimeConversation: Conversation {
    private static var channelLimitNs: UInt64 { 10_000_000_000 }
    /// While a turn goes on that the next call waits for.
    private static var quietNs: UInt64 { 100_000_000 }

    let channelLabel: String? = "oai-events"
    private(set) var statistics = JSONObject()
    private var client: RealtimeClient
    private var channel: PeerDataChannel?
    private var channelDueNs: UInt64?
    private var commands: [CommandID: PendingCommand] = [:]
    private var lastCommand: CommandID = 0
    /// The server ends the session soon: the next call is made between two turns.
    private var mustMoveOn = false
    private var isCarryingOut = false

    /// - Parameter request: with the session config and the conversation so far.
    init(_ request: ConnectRequest) {
        client = RealtimeClient(
            Self.settings(request), config: request.config, items: request.items)
    }

    private static func settings(_ request: ConnectRequest) -> ClientSettings {
        var settings = ClientSettings()
        settings.output = .server
        settings.dialect = .generalAvailability
        settings.acknowledgeMs = 5_000
        if let model = request.options["model"]?.stringValue { settings.model = model }
        return settings
    }

    /// The session config to send with the offer.
    static func session(_ request: ConnectRequest) -> JSONObject {
        let client = RealtimeClient(settings(request), config: request.config)
        return client.configuration.payload(.generalAvailability)
    }

    // MARK: The channel

    func connected(_ call: PeerCall) {
        if channel == nil { channelDueNs = MonotonicTime.nowNs + Self.channelLimitNs }
    }

    func opened(_ channel: PeerDataChannel, _ call: PeerCall) {
        guard self.channel == nil, channel.label == channelLabel else { return }
        self.channel = channel
        channelDueNs = nil
        client.opened(nowNs: MonotonicTime.nowNs, unixSeconds: Int64(time(nil)))
        carryOut(call)
    }

    func closed(_ channel: PeerDataChannel, _ call: PeerCall) {
        guard channel === self.channel else { return }
        client.closed(code: 1_006, reason: "", nowNs: MonotonicTime.nowNs)
        carryOut(call)
    }

    func received(_ message: DataChannels.Message, _ call: PeerCall) {
        var bytes =
            switch message {
            case .text(let text): Array(text.utf8)
            case .binary(let bytes): bytes
            }
        bytes.withUnsafeMutableBytes { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            client.receive(bytes, nowNs: MonotonicTime.nowNs)
            carryOut(call, bytes)
        }
    }

    // MARK: Session

    func perform(_ command: TransportCommand, _ call: PeerCall) throws(TransportError) {
        lastCommand += 1
        let id = lastCommand
        let answer = try client.perform(command, id: id, nowNs: MonotonicTime.nowNs)
        if answer == .later { commands[id] = call.host.answerLater() }
        carryOut(call)
    }

    func playback(_ playback: Playback, _ call: PeerCall) {
        client.playback(playback, nowNs: MonotonicTime.nowNs)
        carryOut(call)
    }

    func close(_ call: PeerCall) {
        client.fail(.closed)
        carryOut(call)
    }

    // MARK: Time

    var nextDueNs: UInt64? {
        let quiet = mustMoveOn ? MonotonicTime.nowNs + Self.quietNs : nil
        return [client.nextDueNs, channelDueNs, quiet].compactMap { $0 }.min()
    }

    func advance(_ call: PeerCall) {
        let nowNs = MonotonicTime.nowNs
        if let due = channelDueNs, nowNs >= due {
            channelDueNs = nil
            return call.fail(
                DisconnectReason(
                    .now, code: "no_data_channel",
                    message: "the server did not open the data channel within 10 s"))
        }
        client.advance(nowNs: nowNs)
        carryOut(call)
        if mustMoveOn, client.mayHandOver(nowNs: nowNs) {
            mustMoveOn = false
            client.fail(
                DisconnectReason(
                    .now, code: "session_limit",
                    message: "the server ends the session soon: the next call goes on with it"))
            carryOut(call)
        }
    }

    // MARK: Effects

    /// Does what the client wants, until it wants nothing.
    ///
    /// - Parameter message: the one at hand.
    private func carryOut(
        _ call: PeerCall, _ message: UnsafeRawBufferPointer = .init(start: nil, count: 0)
    ) {
        // What an effect sets off is done in its turn.
        guard !isCarryingOut else { return }
        isCarryingOut = true
        defer { isCarryingOut = false }
        while let effect = client.nextEffect() { carryOut(effect, call, message) }
    }

    private func carryOut(_ effect: Effect, _ call: PeerCall, _ message: UnsafeRawBufferPointer) {
        let host = call.host
        switch effect {
        case .send(let bytes): send(bytes, call)
        // Sound goes by RTP, in the format of the call.
        case .sendAudio, .speech, .formats: break
        case .rawEvent: if host.hearsRawEvents { host.rawEvent(message) }
        case .event(let event): host.event(event)
        case .interrupt(let cause): host.interrupt(cause)
        case .connected: host.status(.connected)
        case .complete(let id, let error):
            let command = commands.removeValue(forKey: id)
            if let error { command?.fail(error) } else { command?.complete() }
        case .rollOver: mustMoveOn = true
        case .statistics(let figures): statistics = figures
        case .log(let text): host.log(.info, text)
        case .disconnect(let reason): if reason != .closed { call.fail(reason) }
        }
    }

    private func send(_ bytes: [UInt8], _ call: PeerCall) {
        guard let channel else { return }
        switch channel.send(.text(String(decoding: bytes, as: UTF8.self))) {
        case .queued: break
        case .full:
            call.host.log(.warning, "the server reads too slowly: an event of ours was dropped")
        case .refused:
            call.host.log(.warning, "the server takes no event of \(bytes.count) bytes")
        }
    }
}
