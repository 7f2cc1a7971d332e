import DTLS
import DataChannel
import Glibc
import ICE
import ParleyTransport
import RTP
import SRTP

/// The one transport of a call: what ICE delivers is told apart (RFC 7983) and goes to DTLS or, with the
/// keys of DTLS, to SRTP; data channels go through DTLS. No media passes before the peer's certificate has
/// matched its fingerprint, and none leaves in the clear.
@TransportActor
final class SecureTransport {
    /// What DTLS needs of the peer's description.
    struct Peer {
        var role: DTLSAssociation.Role
        var fingerprints: [Fingerprint]
        /// Nil for no data channels.
        var channels: ChannelSettings?
    }

    struct ChannelSettings {
        var localPort: UInt16
        var remotePort: UInt16
        var peerMaximumBytes: Int
    }

    struct Traffic {
        var packetsSent: UInt64 = 0
        var packetsReceived: UInt64 = 0
        var bytesSent: UInt64 = 0
        var bytesReceived: UInt64 = 0
    }

    enum Event {
        /// DTLS is done.
        case secured(SRTPProfile)
        case channel(DataChannels.Effect)
        /// The peer said goodbye.
        case closedByPeer
        case failed(PeerConnectionFault)
        case log(String)
    }

    /// Larger than any Ethernet frame.
    private static var largestPacket: Int { 2_048 }
    /// Handshake datagrams that may wait for a pair to answer over.
    private static var mostEarly: Int { 8 }

    let onEvent: @TransportActor (Event) -> Void
    /// Decrypted; valid within the call.
    var onMedia: (@TransportActor (MediaKind, UnsafeRawBufferPointer) -> Void)?
    private let path: CallPath
    private let context: DTLSContext
    private var timer: HostLoop.Timer?
    private var peer: Peer?
    private var dtls: DTLSAssociation?
    private(set) var channels: DataChannels?
    private var protection: PacketProtection?
    private var early: [[UInt8]] = []
    private var isPumping = false
    private let incoming = UnsafeMutableRawBufferPointer.allocate(
        byteCount: SecureTransport.largestPacket, alignment: 16)
    private let outgoing = UnsafeMutableRawBufferPointer.allocate(
        byteCount: SecureTransport.largestPacket, alignment: 16)

    private(set) var traffic = Traffic()
    private(set) var discards = Discards()
    private(set) var profile: SRTPProfile?

    init(
        path: CallPath, context: DTLSContext, loop: HostLoop,
        onEvent: @escaping @TransportActor (Event) -> Void
    ) {
        self.path = path
        self.context = context
        self.onEvent = onEvent
        timer = loop.timer { [weak self] in self?.advance() }
        path.onReceive = { [weak self] in self?.receive($0) }
    }

    isolated deinit {
        incoming.deallocate()
        outgoing.deallocate()
    }

    var isSecured: Bool { protection != nil }

    /// By the names of the WebRTC API.
    var dtlsState: String {
        if isSecured { return "connected" }
        return dtls == nil ? (profile == nil ? "new" : "closed") : "connecting"
    }

    // MARK: Handshake

    /// The peer's description is known.
    func setPeer(_ peer: Peer) {
        guard self.peer == nil else { return }
        self.peer = peer
        if path.isUsable { begin() }
    }

    /// A pair works: shakes hands, once.
    func begin() {
        guard dtls == nil, let peer else { return }
        do throws(DTLSFault) {
            let dtls = try DTLSAssociation(
                peer.role, context: context, fingerprints: peer.fingerprints)
            self.dtls = dtls
            dtls.start(nowNs: Self.nowNs)
            let waiting = early
            early = []
            for datagram in waiting { datagram.withUnsafeBytes { feed($0) } }
            pump()
        } catch {
            onEvent(.failed(PeerConnectionFault(.security, error.description)))
        }
    }

    private func secured(_ profile: SRTPProfile) {
        guard let keys = dtls?.takeKeyingMaterial() else { return }
        do throws(SRTPFault) {
            protection = try PacketProtection(keys)
        } catch {
            return onEvent(.failed(PeerConnectionFault(.security, error.description)))
        }
        self.profile = profile
        startChannels()
        onEvent(.secured(profile))
    }

    private func startChannels() {
        guard let peer, let settings = peer.channels else { return }
        let channels = DataChannels(
            isClient: peer.role == .client, peerMaximumBytes: settings.peerMaximumBytes)
        channels.onEffect = { [weak self] in
            // In the turn of another call, so this one's comes later.
            TransportActor.assumeIsolated { _ = self?.timer?.arm(afterNs: 0) }
        }
        self.channels = channels
        do throws(DataChannelFault) {
            try channels.start(
                localPort: settings.localPort, remotePort: settings.remotePort, nowNs: Self.nowNs)
        } catch {
            onEvent(.channel(.ended(error)))
        }
    }

    // MARK: From the network

    private func receive(_ datagram: UnsafeRawBufferPointer) {
        traffic.packetsReceived += 1
        traffic.bytesReceived += UInt64(datagram.count)
        switch PacketKind(datagram) {
        case .dtls:
            guard dtls != nil else {
                if early.count < Self.mostEarly { early.append(Array(datagram)) }
                return
            }
            feed(datagram)
            pump()
        case .rtp: open(.rtp, datagram)
        case .rtcp: open(.rtcp, datagram)
        case .stun, .turnChannel, .unknown: discard(.unknownKind)
        }
    }

    private func feed(_ datagram: UnsafeRawBufferPointer) {
        dtls?.receive(datagram, nowNs: Self.nowNs)
    }

    private func open(_ kind: MediaKind, _ datagram: UnsafeRawBufferPointer) {
        guard datagram.count <= incoming.count else { return discard(.oversized) }
        guard protection != nil else { return discard(.beforeKeys) }
        incoming.copyMemory(from: datagram)
        let packet = UnsafeMutableRawBufferPointer(rebasing: incoming[..<datagram.count])
        let count: Int
        do throws(SRTPFault) {
            count = try protection?.open(kind, packet) ?? 0
        } catch {
            return discard(DiscardCause(error))
        }
        onMedia?(kind, UnsafeRawBufferPointer(rebasing: incoming[..<count]))
    }

    private func discard(_ cause: DiscardCause) {
        if let line = discards.note(cause, nowNs: Self.nowNs) { onEvent(.log(line)) }
    }

    // MARK: To the network

    /// - Returns: whether it left; never before ``isSecured``.
    func send(_ kind: MediaKind, _ packet: UnsafeRawBufferPointer) -> Bool {
        guard protection != nil, packet.count + SRTPSealer.trailerBytes <= outgoing.count else {
            return false
        }
        outgoing.copyMemory(from: packet)
        let count: Int
        do throws(SRTPFault) {
            count = try protection?.seal(kind, outgoing, count: packet.count) ?? 0
        } catch {
            onEvent(.log("a packet could not be encrypted and was not sent: \(error)"))
            return false
        }
        return put(UnsafeRawBufferPointer(rebasing: outgoing[..<count]))
    }

    private func put(_ datagram: UnsafeRawBufferPointer) -> Bool {
        guard path.send(datagram) else { return false }
        traffic.packetsSent += 1
        traffic.bytesSent += UInt64(datagram.count)
        return true
    }

    /// Does `body` with the data channels, then what comes of it.
    func withChannels<Result>(_ body: (DataChannels, UInt64) -> Result) -> Result? {
        guard let channels else { return nil }
        let result = body(channels, Self.nowNs)
        pump()
        return result
    }

    // MARK: Effects and time

    private func pump() {
        guard !isPumping else { return }
        isPumping = true
        while true {
            if let effect = dtls?.nextEffect() {
                take(effect)
            } else if let effect = channels?.nextEffect() {
                take(effect)
            } else {
                break
            }
        }
        isPumping = false
        arm()
    }

    private func take(_ effect: DTLSAssociation.Effect) {
        switch effect {
        case .send(let datagram): _ = datagram.withUnsafeBytes { put($0) }
        case .established(let profile): secured(profile)
        case .data(let packet):
            packet.withUnsafeBytes { channels?.receive($0, nowNs: Self.nowNs) }
        case .closed: onEvent(.closedByPeer)
        case .failed(let fault):
            onEvent(.failed(PeerConnectionFault(.security, fault.description)))
        }
    }

    private func take(_ effect: DataChannels.Effect) {
        switch effect {
        case .send(let packet): _ = packet.withUnsafeBytes { dtls?.send($0) }
        default: onEvent(.channel(effect))
        }
    }

    private func advance() {
        dtls?.advance(nowNs: Self.nowNs)
        channels?.advance(nowNs: Self.nowNs)
        pump()
    }

    private func arm() {
        let dues = [dtls?.nextDueNs, channels?.nextDueNs].compactMap(\.self)
        guard let due = dues.min() else {
            timer?.cancel()
            return
        }
        let now = Self.nowNs
        timer?.arm(afterNs: due > now ? due - now : 0)
    }

    /// Says goodbye and forgets the keys; may be called from within any callback. What ICE has is closed by
    /// its owner.
    func close() {
        channels?.close(nowNs: Self.nowNs)
        while let effect = channels?.nextEffect() {
            if case .send(let packet) = effect { _ = packet.withUnsafeBytes { dtls?.send($0) } }
        }
        dtls?.close()
        while let effect = dtls?.nextEffect() {
            if case .send(let datagram) = effect { _ = datagram.withUnsafeBytes { put($0) } }
        }
        channels = nil
        dtls = nil
        protection = nil
        timer?.cancel()
        timer = nil
        path.onReceive = nil
        onMedia = nil
    }

    static var nowNs: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
