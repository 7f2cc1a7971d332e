import DTLS
import DataChannel
import ICE
import ParleyTransport
import SDP
import SRTP

/// One WebRTC call: descriptions in and out, ICE, DTLS, then encrypted media and data channels.
///
/// Signalling is the caller's. The side that offers: ``gather()``, ``offer()`` (at once, or when
/// ``onGatheringDone`` says that all candidates are in it), ``setRemoteAnswer(_:)``. The side that answers:
/// ``answer(to:)``; ``localDescription`` is the answer with all candidates once they are known.
///
/// When the way to the peer is lost, ``state`` is `disconnected`. After 5 s of that ``onRestartNeeded`` is
/// called: ``restart()`` and a new offer lead to a new way; without one within 10 s the call has failed.
///
/// Callbacks come on the host's loop. Any of them may call ``close()``, after which none comes.
@TransportActor
public final class PeerConnection {
    public enum Side: Sendable, Hashable {
        case offerer
        case answerer
    }

    /// Waits for the old way to come back, then for a new one.
    private enum Recovery {
        case none
        case grace
        case restarting
    }

    private static var graceNs: UInt64 { 5_000_000_000 }
    private static var restartNs: UInt64 { 10_000_000_000 }

    public var onState: (@TransportActor (PeerConnectionState) -> Void)?
    /// A candidate to be sent to the peer, from `candidate:` on.
    public var onCandidate: (@TransportActor (String) -> Void)?
    public var onGatheringDone: (@TransportActor () -> Void)?
    /// A decrypted packet; valid within the call.
    public var onMedia: (@TransportActor (MediaKind, UnsafeRawBufferPointer) -> Void)? {
        get { transport.onMedia }
        set { transport.onMedia = newValue }
    }
    /// The peer has opened a channel.
    public var onChannel: (@TransportActor (PeerDataChannel) -> Void)?
    public var onRestartNeeded: (@TransportActor () -> Void)?
    /// A line for the log, at most one per cause in 10 s.
    public var onLog: (@TransportActor (TransportHost.LogLevel, String) -> Void)?

    public private(set) var state = PeerConnectionState.new
    /// Why it failed.
    public private(set) var fault: PeerConnectionFault?
    /// What was agreed on.
    public private(set) var session: NegotiatedSession?
    /// Our newest description, with the candidates known by now.
    public var localDescription: String? { lastDescription.map(describe) }

    let path: CallPath
    let dtls: DTLSContext
    private(set) var channels: [PeerDataChannel] = []
    private let tunnels: RelayTunnels
    private let configuration: PeerConnectionConfiguration
    private var negotiation: OfferAnswer
    private var lastDescription: SessionDescription?
    private var remoteCredentials: ICECredentials?
    private var recovery = Recovery.none
    private var recoveryTimer: HostLoop.Timer?
    private var secureTransport: SecureTransport?

    var transport: SecureTransport {
        guard let secureTransport else { preconditionFailure("it is made by the initialiser") }
        return secureTransport
    }

    /// - Parameter loop: of the session that this belongs to.
    public init(
        _ configuration: PeerConnectionConfiguration, side: Side,
        resources: PeerConnectionResources, loop: HostLoop
    ) throws(PeerConnectionFault) {
        var ice = configuration.ice
        ice.role = side == .offerer ? .controlling : .controlled
        let tunnels = RelayTunnels()
        self.tunnels = tunnels
        do {
            try tunnels.open(&ice.turnServers, configuration.relayAuthorities, loop)
            dtls = try resources.dtlsContext(nowNs: SecureTransport.nowNs)
            path = try CallPath(ice, context: resources.ice, loop: loop)
        } catch {
            throw PeerConnectionFault(.configuration, "\(error)")
        }
        self.configuration = configuration
        var random = SystemRandomNumberGenerator()
        negotiation = OfferAnswer(
            local: LocalSession(
                sessionID: .random(in: 1..<(1 << 62), using: &random),
                transport: .secure(
                    LocalSecureTransport(userNameFragment: "", password: "", fingerprints: [])),
                audio: configuration.audio, dataChannel: configuration.dataChannel))
        secureTransport = SecureTransport(path: path, context: dtls, loop: loop) {
            [weak self] in self?.take($0)
        }
        tunnels.onFault = { [weak self] in
            self?.onLog?(.warning, "a TURN server over TLS failed: \($0)")
        }
        recoveryTimer = loop.timer { [weak self] in self?.recoveryIsDue() }
        path.onState = { [weak self] in self?.iceChanged($0) }
        path.onCandidate = { [weak self] in self?.onCandidate?($0.attribute) }
        path.onGatheringDone = { [weak self] in self?.onGatheringDone?() }
    }

    isolated deinit { close() }

    // MARK: Descriptions

    /// Begins to look for candidates.
    public func gather() throws(PeerConnectionFault) {
        guard !state.isOver else { return }
        do throws(ICEFault) {
            try path.gather()
        } catch {
            throw PeerConnectionFault(.configuration, error.description)
        }
    }

    /// An offer with the candidates known by now. May be repeated in the call, after ``restart()``.
    public func offer() throws(PeerConnectionFault) -> String {
        try gather()
        updateLocal()
        let offer = negotiation.makeOffer()
        lastDescription = offer
        return offer.text
    }

    /// Takes the answer to the last offer. When it throws, the offer still waits for an answer.
    @discardableResult
    public func setRemoteAnswer(_ text: String) throws(PeerConnectionFault) -> NegotiatedSession {
        let session: NegotiatedSession
        do {
            session = try negotiation.apply(answer: SessionDescription(parsing: text))
        } catch {
            throw PeerConnectionFault(.description, "\(error)")
        }
        try apply(session)
        return session
    }

    /// Answers an offer; ``session`` then says what was agreed on. When it throws nothing has changed.
    public func answer(to text: String) throws(PeerConnectionFault) -> String {
        do {
            let offer = try SessionDescription(parsing: text)
            try gather()
            updateLocal()
            // A value: tried on a copy, because credentials that change mean that ours must, too.
            var attempt = negotiation
            let (_, session) = try attempt.makeAnswer(to: offer)
            if isRestart(session) {
                try path.restart()
                updateLocal()
            }
            let (answer, agreed) = try negotiation.makeAnswer(to: offer)
            lastDescription = answer
            try apply(agreed)
            return answer.text
        } catch let fault as PeerConnectionFault {
            throw fault
        } catch {
            throw PeerConnectionFault(.description, "\(error)")
        }
    }

    /// A candidate of the peer, from `candidate:` on.
    ///
    /// - Returns: whether it is one to use; names of multicast DNS are not.
    @discardableResult
    public func addRemoteCandidate(_ candidate: String) -> Bool { path.addRemote(candidate) }

    public func endRemoteCandidates() { path.endRemote() }

    /// Begins to look for a new way; send an ``offer()`` next.
    public func restart() throws(PeerConnectionFault) {
        do throws(ICEFault) {
            try path.restart()
        } catch {
            throw PeerConnectionFault(.configuration, error.description)
        }
    }

    /// What a peer needs to know of our candidates, and after ``restart()`` of our new credentials, where
    /// no new description is exchanged (RFC 8840; WHIP, RFC 9725, section 4.3).
    public var localFragment: TrickleFragment? {
        guard let credentials = path.localCredentials else { return nil }
        return TrickleFragment(
            userNameFragment: credentials.usernameFragment, password: credentials.password,
            mid: "0", candidates: localCandidates, ended: path.hasGathered)
    }

    /// Whether a fragment of the peer begins an ICE restart, so that ours is to follow as the answer.
    public func isRestart(_ fragment: TrickleFragment) -> Bool {
        guard let credentials = fragment.credentials, let remoteCredentials else { return false }
        return ICECredentials(
            usernameFragment: credentials.userNameFragment, password: credentials.password)
            != remoteCredentials
    }

    /// Takes candidates of the peer. New credentials in it are those of a restart: of our own, or, where
    /// we have begun none, of the peer, which is then answered with ``localFragment``.
    public func add(_ fragment: TrickleFragment) {
        if isRestart(fragment), let credentials = fragment.credentials {
            setRemote(
                ICECredentials(
                    usernameFragment: credentials.userNameFragment, password: credentials.password))
        }
        for candidate in fragment.allCandidates { path.addRemote(candidate.description) }
        if fragment.endsAllCandidates { path.endRemote() }
    }

    /// Servers that the peer names, for the next ``restart()``; ours stay.
    public func addServers(stun: ICEConfiguration.StunServer?, turn: [ICEConfiguration.TurnServer])
    {
        path.addServers(stun: stun, turn: turn.filter { $0.transport != .tls })
    }

    private func setRemote(_ credentials: ICECredentials) {
        remoteCredentials = credentials
        path.setRemote(credentials)
    }

    private func updateLocal() {
        guard let credentials = path.localCredentials else { return }
        negotiation.local.transport = .secure(
            LocalSecureTransport(
                userNameFragment: credentials.usernameFragment, password: credentials.password,
                fingerprints: [dtls.certificate.fingerprint].compactMap {
                    CertificateFingerprint($0.description)
                }, candidates: localCandidates, isGatheringComplete: path.hasGathered,
                trickles: configuration.trickles, preferredRole: configuration.preferredRole))
    }

    private var localCandidates: [Candidate] {
        path.localCandidates.compactMap { Candidate($0.attribute) }
    }

    /// The last description with what has been gathered since.
    private func describe(_ description: SessionDescription) -> String {
        var description = description
        let candidates = localCandidates
        guard
            let index = description.sections.firstIndex(where: {
                !$0.candidates.isEmpty || ($0.iceUserNameFragment != nil && !$0.isRejected)
            })
        else { return description.text }
        description.sections[index].attributes.removeAll {
            switch $0 {
            case .candidate, .endOfCandidates: true
            default: false
            }
        }
        description.sections[index].attributes += candidates.map(Attribute.candidate)
        if path.hasGathered { description.sections[index].attributes.append(.endOfCandidates) }
        return description.text
    }

    // MARK: What was agreed on

    private func isRestart(_ new: NegotiatedSession) -> Bool {
        guard let remoteCredentials, case .secure(let remote) = new.transport else { return false }
        return Self.credentials(remote) != remoteCredentials
    }

    private static func credentials(_ remote: NegotiatedSecureTransport) -> ICECredentials {
        ICECredentials(
            usernameFragment: remote.remoteUserNameFragment, password: remote.remotePassword)
    }

    private func apply(_ session: NegotiatedSession) throws(PeerConnectionFault) {
        guard case .secure(let remote) = session.transport else { return }
        let fingerprints = remote.remoteFingerprints.compactMap { Fingerprint($0.description) }
        if case .secure(let before)? = self.session?.transport,
            before.remoteFingerprints != remote.remoteFingerprints
        {
            throw PeerConnectionFault(
                .description,
                "the peer's description has another fingerprint than at the beginning of the call")
        }
        let isNew = self.session == nil || isRestart(session)
        self.session = session
        if remote.remoteIsLite, !path.isControlling { path.setRole(.controlling) }
        if isNew {
            setRemote(Self.credentials(remote))
        }
        for candidate in remote.remoteCandidates { path.addRemote(candidate.description) }
        if remote.remoteCandidatesEnd { path.endRemote() }
        transport.setPeer(
            SecureTransport.Peer(
                role: remote.role == .client ? .client : .server, fingerprints: fingerprints,
                channels: session.dataChannel.map {
                    SecureTransport.ChannelSettings(
                        localPort: $0.localPort, remotePort: $0.remotePort,
                        peerMaximumBytes: Int(clamping: $0.remoteMaximumMessageSize))
                }))
        if session.dataChannel == nil { closeChannels() }
        updateState()
    }

    // MARK: Media

    /// Encrypts a packet and sends it.
    ///
    /// - Returns: whether it left; never before ``state`` has been `connected`.
    @discardableResult
    public func send(_ kind: MediaKind, _ packet: UnsafeRawBufferPointer) -> Bool {
        transport.send(kind, packet)
    }

    // MARK: Channels

    /// Opens a data channel, also before the call is connected.
    ///
    /// - Returns: nil when the call has none.
    public func openChannel(_ parameters: DataChannelParameters) -> PeerDataChannel? {
        guard configuration.dataChannel != nil, !state.isOver,
            session == nil || session?.dataChannel != nil
        else { return nil }
        let channel = PeerDataChannel(parameters, connection: self)
        channels.append(channel)
        open(channel)
        return channel
    }

    private func open(_ channel: PeerDataChannel) {
        guard channel.id == nil, channel.state == .connecting else { return }
        channel.id =
            transport.withChannels { channels, nowNs in
                channels.open(channel.parameters, nowNs: nowNs)
            } ?? nil
    }

    func send(_ message: DataChannels.Message, on id: UInt16) -> DataChannels.SendResult {
        transport.withChannels { $0.send(message, on: id, nowNs: $1) } ?? .refused
    }

    func close(_ channel: PeerDataChannel) {
        guard let id = channel.id else { return forget(channel) }
        _ = transport.withChannels { $0.close(id, nowNs: $1) }
    }

    /// Bytes of messages that wait to be sent.
    public var bufferedMessageBytes: Int { transport.channels?.bufferedBytes ?? 0 }

    private func forget(_ channel: PeerDataChannel) {
        channels.removeAll { $0 === channel }
        channel.change(to: .closed)
    }

    private func closeChannels() {
        for channel in channels { forget(channel) }
    }

    private func take(_ effect: DataChannels.Effect) {
        switch effect {
        case .send: break
        case .opened(let id, let parameters):
            if let known = channels.first(where: { $0.id == id }) {
                known.change(to: .open)
            } else {
                let channel = PeerDataChannel(parameters, connection: self)
                channel.id = id
                channel.state = .open
                channels.append(channel)
                onChannel?(channel)
            }
        case .message(let id, let message):
            channels.first { $0.id == id }?.received(message)
        case .closed(let id):
            if let channel = channels.first(where: { $0.id == id }) { forget(channel) }
        case .ended(let fault):
            // Browsers that leave end them without a word; the end of the call is told elsewhere.
            if let fault { onLog?(.info, "the data channels ended: \(fault)") }
            closeChannels()
        }
    }

    // MARK: State

    private func take(_ event: SecureTransport.Event) {
        switch event {
        case .secured:
            for channel in channels { open(channel) }
            updateState()
        case .channel(let effect): take(effect)
        case .closedByPeer: end(.closed, nil)
        case .failed(let fault): end(.failed, fault)
        case .log(let line): onLog?(.warning, line)
        }
    }

    private func iceChanged(_ state: ICEState) {
        switch state {
        case .connected, .completed:
            recovery = .none
            recoveryTimer?.cancel()
            transport.begin()
        case .disconnected where recovery == .none:
            recovery = .grace
            recoveryTimer?.arm(afterNs: Self.graceNs)
        case .failed:
            return end(
                .failed,
                PeerConnectionFault(
                    .unreachable,
                    transport.isSecured
                        ? "the way to the peer was lost, and ICE found no other"
                        : "ICE found no way to the peer; a TURN server may be needed"))
        default: break
        }
        updateState()
    }

    private func recoveryIsDue() {
        guard recovery == .grace, let onRestartNeeded else {
            return end(
                .failed, PeerConnectionFault(.unreachable, "the way to the peer was lost"))
        }
        recovery = .restarting
        recoveryTimer?.arm(afterNs: Self.restartNs)
        onRestartNeeded()
    }

    private func updateState() {
        guard !state.isOver else { return }
        if recovery != .none {
            change(to: .disconnected)
        } else if transport.isSecured {
            change(to: .connected)
        } else if session != nil {
            change(to: .connecting)
        }
    }

    private func change(to new: PeerConnectionState) {
        guard new != state else { return }
        state = new
        onState?(new)
    }

    private func end(_ state: PeerConnectionState, _ fault: PeerConnectionFault?) {
        guard !self.state.isOver else { return }
        self.fault = fault
        let onState = onState
        shutDown()
        self.state = state
        onState?(state)
    }

    /// Says goodbye to the peer and gives everything back. No callback follows.
    public func close() {
        guard !state.isOver else { return }
        shutDown()
        state = .closed
    }

    private func shutDown() {
        recoveryTimer?.cancel()
        recoveryTimer = nil
        secureTransport?.close()
        path.close()
        tunnels.close()
        let open = channels
        channels = []
        for channel in open { channel.change(to: .closed) }
        onState = nil
        onCandidate = nil
        onGatheringDone = nil
        onChannel = nil
        onRestartNeeded = nil
        onLog = nil
    }
}
