import CNice
import ParleyTransport

/// Finds a way to a peer and carries datagrams over it (RFC 8445): gathering, connectivity checks,
/// trickle (RFC 8838), relays, consent (RFC 7675), by libnice. One component, for all is bundled.
///
/// Callbacks come on the host's loop, never from within a call of this type's own but ``close()``'s, and
/// none comes after that.
@TransportActor
public final class ICEAgent {
    /// A candidate of ours was found.
    public var onCandidate: (@TransportActor (ICECandidate) -> Void)?
    /// All of ours are known.
    public var onGatheringDone: (@TransportActor () -> Void)?
    public var onState: (@TransportActor (ICEState) -> Void)?
    /// A datagram from a peer that has passed a connectivity check; valid within the call.
    public var onReceive: (@TransportActor (UnsafeRawBufferPointer) -> Void)?

    public private(set) var state = ICEState.new
    private let context: ICEContext
    private var agent: OpaquePointer?
    private let stream: UInt32
    private var hasConnected = false
    private let mayUseStreams: Bool

    private static var component: UInt32 { 1 }
    private static var longestAttribute: Int { 1_024 }

    /// - Parameter loop: of the session that this belongs to.
    /// - Throws: when no address is left to gather with, or libnice refuses.
    public init(
        _ configuration: ICEConfiguration, context: ICEContext, loop: HostLoop
    ) throws(ICEFault) {
        let addresses = LocalAddresses.find(configuration)
        guard !addresses.isEmpty else {
            throw ICEFault(
                "no network interface has an address that ICE may use; look at the options that"
                    + " exclude interfaces and address families")
        }
        let options = NiceAgentOption(
            NICE_AGENT_OPTION_ICE_TRICKLE.rawValue
                | NICE_AGENT_OPTION_CONSENT_FRESHNESS.rawValue)
        guard let agent = nice_agent_new_full(context.raw, NICE_COMPATIBILITY_RFC5245, options)
        else { throw ICEFault("libnice makes no agent") }
        Self.configure(agent, configuration)
        for address in addresses where parley_nice_add_address(agent, address) == 0 {
            parley_nice_release(agent)
            throw ICEFault("\(address) is no numeric address that ICE could use")
        }
        stream = nice_agent_add_stream(agent, 1)
        guard stream != 0 else {
            parley_nice_release(agent)
            throw ICEFault("libnice makes no stream")
        }
        if let ports = configuration.ports {
            nice_agent_set_port_range(
                agent, stream, Self.component, guint(ports.lowerBound), guint(ports.upperBound))
        }
        for server in configuration.turnServers {
            nice_agent_set_relay_info(
                agent, stream, Self.component, server.host, guint(server.port), server.username,
                server.password,
                server.transport == .udp ? NICE_RELAY_TYPE_TURN_UDP : NICE_RELAY_TYPE_TURN_TCP)
        }
        self.agent = agent
        self.context = context
        mayUseStreams =
            configuration.usesTCP || configuration.turnServers.contains { $0.transport != .udp }
        context.add(ObjectIdentifier(self), loop)
        listen(agent)
    }

    isolated deinit { close() }

    private static func configure(_ agent: OpaquePointer, _ configuration: ICEConfiguration) {
        parley_nice_set_bool(agent, "controlling-mode", configuration.role == .controlling ? 1 : 0)
        parley_nice_set_bool(agent, "upnp", 0)
        parley_nice_set_bool(agent, "ice-tcp", configuration.usesTCP ? 1 : 0)
        parley_nice_set_bool(agent, "force-relay", configuration.isRelayOnly ? 1 : 0)
        if let server = configuration.stunServer {
            parley_nice_set_text(agent, "stun-server", server.host)
            parley_nice_set_number(agent, "stun-server-port", UInt32(server.port))
        }
    }

    /// Whether a pair works, so that ``send(_:)`` does.
    public var isUsable: Bool { state == .connected || state == .completed }

    /// Takes the other role, before any check: an agent whose peer is lite controls whoever offered
    /// (RFC 8445, section 6.1.1).
    public func setRole(_ role: ICEConfiguration.Role) {
        guard let agent else { return }
        parley_nice_set_bool(agent, "controlling-mode", role == .controlling ? 1 : 0)
    }

    // MARK: Ours

    /// Begins to gather; ``onCandidate`` and ``onGatheringDone`` follow.
    public func gather() throws(ICEFault) {
        guard let agent else { return }
        defer { context.turn() }
        context.mustWatchAnew = true
        guard nice_agent_gather_candidates(agent, stream) != 0 else {
            throw ICEFault(
                "no socket for ICE could be opened; look at the range of ports and the limits of"
                    + " descriptors")
        }
    }

    public var localCredentials: ICECredentials? {
        guard let agent else { return nil }
        var fragment: UnsafeMutablePointer<gchar>?
        var password: UnsafeMutablePointer<gchar>?
        guard nice_agent_get_local_credentials(agent, stream, &fragment, &password) != 0,
            let fragment, let password
        else { return nil }
        defer {
            g_free(fragment)
            g_free(password)
        }
        return ICECredentials(
            usernameFragment: String(cString: fragment), password: String(cString: password))
    }

    /// Those found so far.
    public var localCandidates: [ICECandidate] {
        guard let agent else { return [] }
        let list = nice_agent_get_local_candidates(agent, stream, Self.component)
        var found: [ICECandidate] = []
        var entry = list
        while let this = entry {
            if let data = this.pointee.data {
                let candidate = data.assumingMemoryBound(to: NiceCandidate.self)
                found.append(describe(agent, candidate))
                nice_candidate_free(candidate)
            }
            entry = this.pointee.next
        }
        g_slist_free(list)
        return found
    }

    // MARK: The peer's

    /// Of the peer's description; before its candidates.
    public func setRemote(_ credentials: ICECredentials) {
        guard let agent else { return }
        nice_agent_set_remote_credentials(
            agent, stream, credentials.usernameFragment, credentials.password)
        context.turn()
    }

    /// A candidate of the peer, from `candidate:` on, with or without `a=`.
    ///
    /// - Returns: whether it is one to use. Names (`.local`) are not: a peer that hides its address finds
    ///   us by ours, which it gets, and its checks then show where it is.
    @discardableResult
    public func addRemote(_ attribute: String) -> Bool {
        guard let agent, attribute.utf8.count <= Self.longestAttribute else { return false }
        let line = attribute.hasPrefix("a=") ? attribute : "a=" + attribute
        guard let candidate = nice_agent_parse_remote_candidate_sdp(agent, stream, line) else {
            return false
        }
        defer {
            nice_candidate_free(candidate)
            context.turn()
        }
        guard candidate.pointee.component_id == Self.component else { return false }
        return parley_nice_add_remote(agent, stream, Self.component, candidate) > 0
    }

    /// The peer has no more candidates: pairs that fail now fail for good.
    public func endRemote() {
        guard let agent else { return }
        nice_agent_peer_candidate_gathering_done(agent, stream)
        context.turn()
    }

    // MARK: Data

    /// Sends a datagram over the chosen pair.
    ///
    /// - Returns: whether it left. What does not is lost, as datagrams are.
    @discardableResult
    public func send(_ datagram: UnsafeRawBufferPointer) -> Bool {
        guard let agent, let base = datagram.baseAddress, hasConnected else { return false }
        let count = nice_agent_send(
            agent, stream, Self.component, guint(datagram.count),
            base.assumingMemoryBound(to: gchar.self))
        // A stream that is full is waited for.
        if mayUseStreams { context.turn() }
        return count == gint(datagram.count)
    }

    /// Who carries the data now.
    public var selectedPair: ICEPair? {
        guard let agent else { return nil }
        var local: UnsafeMutablePointer<NiceCandidate>?
        var remote: UnsafeMutablePointer<NiceCandidate>?
        guard
            nice_agent_get_selected_pair(agent, stream, Self.component, &local, &remote) != 0,
            let local, let remote
        else { return nil }
        return ICEPair(local: describe(agent, local), remote: describe(agent, remote))
    }

    /// Gives relays back and closes the sockets. No callback follows but ``onState`` with `closed`.
    public func close() {
        guard let agent else { return }
        self.agent = nil
        parley_nice_forget_signals(agent, Unmanaged.passUnretained(self).toOpaque())
        nice_agent_attach_recv(agent, stream, Self.component, context.raw, nil, nil)
        parley_nice_close(agent)
        context.remove(ObjectIdentifier(self))
        change(to: .closed)
    }

    // MARK: From libnice

    private func listen(_ agent: OpaquePointer) {
        let me = Unmanaged.passUnretained(self).toOpaque()
        parley_nice_on_state(
            agent,
            { _, _, _, state, data in
                TransportActor.assumeIsolated { ICEAgent.of(data)?.changed(state) }
            }, me)
        parley_nice_on_candidate(
            agent,
            { _, candidate, data in
                TransportActor.assumeIsolated { ICEAgent.of(data)?.found(candidate) }
            }, me)
        parley_nice_on_gathered(
            agent,
            { _, _, data in TransportActor.assumeIsolated { ICEAgent.of(data)?.onGatheringDone?() }
            },
            me)
        nice_agent_attach_recv(
            agent, stream, Self.component, context.raw,
            { _, _, _, count, bytes, data in
                TransportActor.assumeIsolated { ICEAgent.of(data)?.received(bytes, Int(count)) }
            }, me)
    }

    private static func of(_ data: UnsafeMutableRawPointer?) -> ICEAgent? {
        data.map { Unmanaged<ICEAgent>.fromOpaque($0).takeUnretainedValue() }
    }

    private func changed(_ raw: UInt32) {
        switch NiceComponentState(raw) {
        case NICE_COMPONENT_STATE_CONNECTING: change(to: .checking)
        case NICE_COMPONENT_STATE_CONNECTED:
            hasConnected = true
            change(to: .connected)
        case NICE_COMPONENT_STATE_READY:
            hasConnected = true
            change(to: .completed)
        case NICE_COMPONENT_STATE_FAILED:
            change(to: state == .connected || state == .completed ? .disconnected : .failed)
        default: break
        }
    }

    private func change(to new: ICEState) {
        guard new != state else { return }
        state = new
        context.mustWatchAnew = true
        onState?(new)
    }

    private func found(_ candidate: UnsafeMutablePointer<NiceCandidate>?) {
        guard let agent, let candidate else { return }
        onCandidate?(describe(agent, candidate))
    }

    private func received(_ bytes: UnsafeMutablePointer<gchar>?, _ count: Int) {
        guard let bytes, agent != nil else { return }
        onReceive?(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    private func describe(
        _ agent: OpaquePointer, _ candidate: UnsafeMutablePointer<NiceCandidate>
    ) -> ICECandidate {
        let line = nice_agent_generate_local_candidate_sdp(agent, candidate)
        defer { g_free(line) }
        let text = line.map { String(cString: $0) } ?? ""
        return ICECandidate(
            candidate, attribute: text.hasPrefix("a=") ? String(text.dropFirst(2)) : text)
    }
}
