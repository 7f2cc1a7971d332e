import Networking
import ParleyTransport
import RTP
import SRTP

/// A call by plain RTP: no signalling; encrypted where both sides were given keys. It is connected as
/// soon as its ports are bound, since nothing else tells whether anybody listens.
@TransportActor
final class RTPCall: Call {
    private let options: RTPOptions
    private let host: TransportHost
    private var ports: MediaPorts?
    private var stream: AudioStream?
    private var timer: HostLoop.Timer?
    private var remote: SocketAddress?
    private var strangers = 0
    /// For when the timer is set.
    private var armedNs: UInt64 = 0
    private var protection: MediaProtection?
    private var sealer: SRTPSealer?
    private var isOver = false

    init(_ options: RTPOptions, host: TransportHost) {
        self.options = options
        self.host = host
        remote = options.remote
    }

    func connect() throws(TransportError) {
        if options.protection == nil { return try open() }
        host.requestSecret(Self.sendKey)
    }

    private func open() throws(TransportError) {
        guard let loop = host.loop else {
            throw TransportError(.failed, "this host has no loop (parley.loop/1)")
        }
        let ports = try MediaPorts(options.local, sharesPort: options.sharesPort, loop: loop) {
            [weak self] in self?.receive($0, onReportsPort: $1, from: $2)
        }
        self.ports = ports
        let settings = AudioStream.Settings(
            sending: options.audio, receiving: [options.audio.payloadType: options.audio],
            telephoneEvent: options.telephoneEvent, canonicalName: AudioStream.randomName())
        let stream = AudioStream(settings, host: host, nowNs: MonotonicTime.nowNs) {
            [weak self] in self?.put($0, $1)
        }
        stream.pathStatistics = { [weak self] in self?.pathStatistics ?? [:] }
        self.stream = stream
        timer = loop.timer { [weak self] in self?.advance() }
        host.format(.toPeer, options.audio.format, frameMs: options.frameMs)
        host.format(.fromPeer, options.audio.format, frameMs: options.frameMs)
        host.event(.raw(["type": "rtp.bound", "localAddress": .string("\(ports.localAddress)")]))
        host.log(.info, "RTP on \(ports.localAddress)")
        host.status(.connected)
        arm()
    }

    private var pathStatistics: JSONObject {
        var transport = protection?.statistics ?? [:]
        transport["packetsOfOtherHosts"] = .integer(Int64(strangers))
        transport["localAddress"] = .string("\(ports?.localAddress ?? options.local)")
        if let remote { transport["remoteAddress"] = .string("\(remote)") }
        return ["transport": .object(transport)]
    }

    // MARK: Keys of SRTP

    private static var sendKey: String { "srtpSendKey" }
    private static var receiveKey: String { "srtpReceiveKey" }

    /// One after the other; with both, the call begins.
    func secret(_ name: String, _ value: String?) {
        guard let profile = options.protection, protection == nil, !isOver else { return }
        do throws(TransportError) {
            switch name {
            case Self.sendKey:
                sealer = try Self.read(name, profile, value) { key throws(SRTPFault) in
                    try key.sealer()
                }
                host.requestSecret(Self.receiveKey)
            case Self.receiveKey:
                let opener = try Self.read(name, profile, value) { key throws(SRTPFault) in
                    try key.opener()
                }
                guard let sealer = sealer.take() else { return }
                protection = MediaProtection(sealer: sealer, opener: opener, host: host)
                try open()
            default: break
            }
        } catch {
            end(DisconnectReason(.never, code: "invalid_options", message: error.message))
        }
    }

    private static func read<Half: ~Copyable>(
        _ name: String, _ profile: ProtectionProfile, _ value: String?,
        _ make: (borrowing SRTPKey) throws(SRTPFault) -> Half
    ) throws(TransportError) -> Half {
        guard let value else {
            throw TransportError(.invalid, "\(name) is missing, and srtp needs it")
        }
        do throws(SRTPFault) {
            return try make(SRTPKey(profile, text: value))
        } catch {
            throw TransportError(
                .invalid,
                "\(name) is of no use: \(error); \(profile.sdesName) takes the base64 of "
                    + "\(profile.keyAndSaltBytes) bytes")
        }
    }

    // MARK: Media

    func send(_ frame: borrowing AudioFrame) {
        guard let stream else { return }
        stream.send(frame, nowNs: MonotonicTime.nowNs)
        if stream.nextDueNs < armedNs { arm() }
    }

    func dropAudio() { stream?.dropWaiting() }

    func sendKeys(_ digits: String) throws(TransportError) {
        guard let stream else { throw TransportError(.notConnected, "there is no call") }
        try stream.sendKeys(digits, nowNs: MonotonicTime.nowNs)
        advance()
    }

    private func put(_ kind: AudioStream.Packet, _ bytes: UnsafeRawBufferPointer) {
        guard let ports, let remote else { return }
        var bytes = bytes
        if options.protection != nil {
            guard let sealed = protection?.seal(kind, bytes, nowNs: MonotonicTime.nowNs) else {
                return
            }
            bytes = sealed
        }
        switch kind {
        case .rtp: _ = ports.sendMedia(bytes, to: remote)
        case .rtcp:
            // The port above that of RTP, where they are two.
            let port = options.sharesPort ? remote.port : remote.port &+ 1
            ports.sendReport(bytes, to: remote.with(port: port))
        }
    }

    private func receive(
        _ bytes: UnsafeRawBufferPointer, onReportsPort: Bool, from sender: SocketAddress
    ) {
        let nowNs = MonotonicTime.nowNs
        let kind = PacketKind(bytes)
        var bytes = bytes
        // Its address first: that is cheaper than its tag.
        if let remote {
            // Its port may differ from the one it listens on: not every peer is symmetric.
            guard sender.isSameHost(as: remote) else {
                strangers += 1
                return
            }
        }
        if options.protection != nil {
            guard
                let opened = protection?.open(kind == .rtcp ? .rtcp : .rtp, bytes, nowNs: nowNs)
            else { return }
            bytes = opened
        }
        if remote == nil {
            guard kind == .rtp, (try? RTPPacket(bytes)) != nil else { return }
            remote = sender
            host.log(.info, "RTP latched on to \(sender)")
        }
        switch kind {
        case .rtcp: stream?.receiveRTCP(bytes, nowNs: nowNs)
        default: stream?.receiveRTP(bytes, nowNs: nowNs)
        }
        if stream?.hasEnded == true {
            end(DisconnectReason(.ended, code: "peer_left", message: "the peer said goodbye"))
        }
    }

    // MARK: Time

    private func advance() {
        guard let stream else { return }
        let nowNs = MonotonicTime.nowNs
        stream.advance(nowNs: nowNs)
        if options.quietLimitNs > 0, let heard = stream.lastHeardNs,
            nowNs >= heard + options.quietLimitNs
        {
            return end(
                DisconnectReason(
                    .ended, code: "peer_silent",
                    message:
                        "nothing came from the peer for \(options.quietLimitNs / 1_000_000_000) s"))
        }
        arm()
    }

    private func arm() {
        guard let stream else { return }
        let nowNs = MonotonicTime.nowNs
        armedNs = stream.nextDueNs
        timer?.arm(afterNs: armedNs - min(nowNs, armedNs))
    }

    // MARK: The end

    func close() {
        stream?.sayGoodbye(nowNs: MonotonicTime.nowNs)
        end(.closed)
    }

    private func end(_ reason: DisconnectReason) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        ports?.close()
        ports = nil
        stream = nil
        protection = nil
        sealer = nil
        host.disconnected(reason)
    }
}
