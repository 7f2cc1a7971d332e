import DataChannel
import JSON
import ParleyTransport
import PeerConnection
import RTP
import SDP

/// A WebRTC call: a ``PeerConnection`` with the media of an ``AudioStream``; how descriptions travel is
/// the ``Signalling``'s, what the data channel says the ``Conversation``'s.
@TransportActor
final class PeerCall: Call {
    let host: TransportHost
    let peer: PeerConnection
    private let options: PeerOptions
    private let signalling: any Signalling
    private let conversation: any Conversation
    private var stream: AudioStream?
    private var timer: HostLoop.Timer?
    private var armedNs = UInt64.max
    /// When a call that is not connected is given up; nil while the peer may take its time.
    private var connectDueNs: UInt64?
    private var isOver = false

    init(
        _ options: PeerOptions, signalling: any Signalling, conversation: any Conversation,
        host: TransportHost
    ) throws(TransportError) {
        guard let loop = host.loop else {
            throw TransportError(.failed, "this host has no loop (parley.loop/1)")
        }
        self.options = options
        self.signalling = signalling
        self.conversation = conversation
        self.host = host
        do throws(PeerConnectionFault) {
            peer = try PeerConnection(
                options.configuration(
                    trickles: signalling.trickles, direction: signalling.direction,
                    hasChannel: conversation.channelLabel != nil), side: signalling.side,
                resources: Self.resources, loop: loop)
        } catch {
            throw TransportError(.failed, error.description)
        }
        timer = loop.timer { [weak self] in self?.advance() }
        follow()
    }

    /// Shared by the calls of this plugin.
    private static let resources = PeerConnectionResources()

    private func follow() {
        peer.onState = { [weak self] in self?.changed(to: $0) }
        peer.onCandidate = { [weak self] in self?.signalling.found($0) }
        peer.onGatheringDone = { [weak self] in self?.signalling.foundAll() }
        peer.onMedia = { [weak self] in self?.receive($0, $1) }
        peer.onChannel = { [weak self] in self?.use($0) }
        peer.onRestartNeeded = { [weak self] in self?.restart() }
        peer.onLog = { [weak self] in self?.host.log($0, $1) }
    }

    func connect() throws(TransportError) {
        if signalling.side == .offerer, let label = conversation.channelLabel,
            let channel = peer.openChannel(DataChannelParameters(label: label))
        {
            use(channel)
        }
        signalling.begin(self)
        arm()
    }

    // MARK: Signalling

    /// Answers the peer's offer; media begins when a way is found.
    func answer(to offer: String) throws(PeerConnectionFault) -> String {
        let answer = try peer.answer(to: offer)
        begin()
        return answer
    }

    func take(answer: String) throws(PeerConnectionFault) {
        try peer.setRemoteAnswer(answer)
        begin()
    }

    /// Both descriptions are known.
    private func begin() {
        guard let session = peer.session else { return }
        if stream == nil { makeStream(session.audio) }
        if peer.state != .connected {
            connectDueNs = MonotonicTime.nowNs + options.connectLimitNs
        }
        arm()
    }

    private func makeStream(_ audio: NegotiatedAudio) {
        guard
            let settings = AudioStream.Settings(
                audio, ssrc: options.ssrc, canonicalName: options.canonicalName)
        else {
            return fail(
                DisconnectReason(.never, code: "no_common_codec", message: "no codec is common"))
        }
        stream = AudioStream(settings, host: host, nowNs: MonotonicTime.nowNs) {
            [weak self] kind, bytes in
            self?.peer.send(kind == .rtp ? .rtp : .rtcp, bytes)
        }
        stream?.pathStatistics = { [weak self] in self?.pathStatistics ?? [:] }
        host.format(.toPeer, settings.sending.format, frameMs: audio.packetTimeMs)
        host.format(.fromPeer, settings.sending.format, frameMs: audio.packetTimeMs)
        if let bitRate = audio.codecs.first?.remoteOpus?.maxAverageBitrate {
            host.network(lossPercent: nil, bitRate: bitRate)
        }
    }

    private var pathStatistics: JSONObject {
        var all = peer.statistics
        for (name, value) in conversation.statistics.members { all[name] = value }
        return all
    }

    private func restart() {
        host.log(.info, "the way to the peer is lost: another one is needed")
        signalling.restart()
    }

    private func changed(to state: PeerConnectionState) {
        host.event(.raw(["type": "webrtc.state", "state": .string(state.rawValue)]))
        switch state {
        case .connected:
            connectDueNs = nil
            conversation.connected(self)
        case .failed:
            if let fault = peer.fault { return fail(fault) }
            fail(DisconnectReason(.now, code: "call_failed", message: "the call failed"))
        case .closed:
            fail(DisconnectReason(.ended, code: "peer_left", message: "the peer hung up"))
        case .new, .connecting, .disconnected: break
        }
        arm()
    }

    // MARK: Messages

    private func use(_ channel: PeerDataChannel) {
        channel.onMessage = { [weak self] in
            guard let self else { return }
            conversation.received($0, self)
            arm()
        }
        channel.onState = { [weak self, weak channel] in
            guard let self, let channel, !isOver else { return }
            switch $0 {
            case .open: conversation.opened(channel, self)
            case .closed: conversation.closed(channel, self)
            case .connecting, .closing: break
            }
            arm()
        }
        if channel.state == .open { conversation.opened(channel, self) }
    }

    func perform(_ command: TransportCommand) throws(TransportError) {
        if case .sendEvent(let event) = command, try signalling.take(event) { return arm() }
        try conversation.perform(command, self)
        arm()
    }

    func playback(_ playback: Playback) {
        conversation.playback(playback, self)
        arm()
    }

    // MARK: Media

    func send(_ frame: borrowing AudioFrame) {
        guard let stream, peer.state == .connected else { return }
        stream.send(frame, nowNs: MonotonicTime.nowNs)
        if stream.nextDueNs < armedNs { arm() }
    }

    func dropAudio() { stream?.dropWaiting() }

    func sendKeys(_ digits: String) throws(TransportError) {
        guard let stream else { throw TransportError(.notConnected, "there is no call") }
        try stream.sendKeys(digits, nowNs: MonotonicTime.nowNs)
        advance()
    }

    private func receive(_ kind: MediaKind, _ bytes: UnsafeRawBufferPointer) {
        let nowNs = MonotonicTime.nowNs
        switch kind {
        case .rtp: stream?.receiveRTP(bytes, nowNs: nowNs)
        case .rtcp: stream?.receiveRTCP(bytes, nowNs: nowNs)
        }
        guard stream?.hasEnded == true else { return }
        fail(DisconnectReason(.ended, code: "peer_left", message: "the peer said goodbye"))
    }

    // MARK: Time

    private func advance() {
        guard !isOver else { return }
        let nowNs = MonotonicTime.nowNs
        if let due = connectDueNs, nowNs >= due {
            return fail(
                DisconnectReason(
                    .now, code: "connect_timeout",
                    message: "no connection to the peer came about within "
                        + "\(options.connectLimitNs / 1_000_000_000) s"))
        }
        conversation.advance(self)
        if peer.state == .connected { stream?.advance(nowNs: nowNs) }
        arm()
    }

    private func arm() {
        guard !isOver else { return }
        let streamDue = peer.state == .connected ? stream?.nextDueNs : nil
        guard
            let due = [connectDueNs, conversation.nextDueNs, streamDue].compactMap({ $0 }).min()
        else {
            armedNs = .max
            timer?.cancel()
            return
        }
        let nowNs = MonotonicTime.nowNs
        armedNs = due
        timer?.arm(afterNs: due - min(due, nowNs))
    }

    // MARK: The end

    func close() {
        conversation.close(self)
        stream?.sayGoodbye(nowNs: MonotonicTime.nowNs)
        fail(.closed)
    }

    func fail(_ fault: PeerConnectionFault) {
        let (retry, code): (DisconnectReason.Retry, String) =
            switch fault.kind {
            case .configuration: (.never, "configuration")
            case .description: (.never, "bad_description")
            case .unreachable: (.now, "unreachable")
            case .security: (.now, "dtls_failed")
            }
        fail(DisconnectReason(retry, code: code, message: fault.description))
    }

    /// Ends the call, once, whatever the reason.
    func fail(_ reason: DisconnectReason) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        peer.close()
        stream = nil
        var reason = reason
        if !signalling.canCallAgain { reason.retry = .ended }
        signalling.end { [host, reason] in host.disconnected(reason) }
    }
}
