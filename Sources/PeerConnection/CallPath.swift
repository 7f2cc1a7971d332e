import ICE
import ParleyTransport

/// The way of a call through the network: the ``ICEAgent`` that carries it, and after ``restart()`` a second
/// one that looks for another way.
///
/// The second gathers anew, for a restart is needed most where the addresses of this machine have changed.
/// Data goes on over the old way until the new one works. Callbacks are those of ``ICEAgent``.
@TransportActor
final class CallPath {
    var onState: (@TransportActor (ICEState) -> Void)?
    var onCandidate: (@TransportActor (ICECandidate) -> Void)?
    var onGatheringDone: (@TransportActor () -> Void)?
    var onReceive: (@TransportActor (UnsafeRawBufferPointer) -> Void)?

    private var configuration: ICEConfiguration
    private let context: ICEContext
    private let loop: HostLoop
    private var current: ICEAgent
    private var successor: ICEAgent?
    private var isGathering = false
    private(set) var hasGathered = false

    init(
        _ configuration: ICEConfiguration, context: ICEContext, loop: HostLoop
    ) throws(ICEFault) {
        self.configuration = configuration
        self.context = context
        self.loop = loop
        current = try ICEAgent(configuration, context: context, loop: loop)
        follow(current)
    }

    /// What descriptions are about.
    private var newest: ICEAgent { successor ?? current }

    var state: ICEState { current.state }
    var isUsable: Bool { current.isUsable }
    var selectedPair: ICEPair? { current.selectedPair }
    var localCredentials: ICECredentials? { newest.localCredentials }
    var localCandidates: [ICECandidate] { newest.localCandidates }
    var isControlling: Bool { configuration.role == .controlling }

    // MARK: Gathering

    /// Once; later calls do nothing.
    func gather() throws(ICEFault) {
        guard !isGathering else { return }
        isGathering = true
        try newest.gather()
    }

    /// Begins to look for another way, with new credentials. The peer's new ones come by ``setRemote(_:)``.
    func restart() throws(ICEFault) {
        let agent = try ICEAgent(configuration, context: context, loop: loop)
        drop(successor)
        successor = agent
        follow(agent)
        isGathering = false
        hasGathered = false
        try gather()
    }

    private func follow(_ agent: ICEAgent) {
        agent.onState = { [weak self, weak agent] in
            if let agent { self?.changed(agent, $0) }
        }
        agent.onCandidate = { [weak self, weak agent] in
            if let self, agent === newest { onCandidate?($0) }
        }
        agent.onGatheringDone = { [weak self, weak agent] in
            guard let self, agent === newest else { return }
            hasGathered = true
            onGatheringDone?()
        }
        agent.onReceive = { [weak self] in self?.onReceive?($0) }
    }

    private func changed(_ agent: ICEAgent, _ state: ICEState) {
        guard agent === successor else {
            // With another agent at work this one has not the last word.
            if state == .failed, successor != nil { return }
            onState?(state)
            return
        }
        if agent.isUsable {
            drop(current)
            current = agent
            successor = nil
            onState?(state)
        } else if state == .failed, !current.isUsable {
            onState?(.failed)
        }
    }

    // MARK: The peer's

    func setRole(_ role: ICEConfiguration.Role) {
        configuration.role = role
        newest.setRole(role)
    }

    /// For the agents to come.
    func addServers(stun: ICEConfiguration.StunServer?, turn: [ICEConfiguration.TurnServer]) {
        if configuration.stunServer == nil { configuration.stunServer = stun }
        configuration.turnServers = Array((configuration.turnServers + turn).prefix(8))
    }

    func setRemote(_ credentials: ICECredentials) { newest.setRemote(credentials) }

    @discardableResult
    func addRemote(_ candidate: String) -> Bool { newest.addRemote(candidate) }

    func endRemote() { newest.endRemote() }

    // MARK: Data

    /// - Returns: whether it left.
    @discardableResult
    func send(_ datagram: UnsafeRawBufferPointer) -> Bool { current.send(datagram) }

    /// No callback follows.
    func close() {
        onState = nil
        onCandidate = nil
        onGatheringDone = nil
        onReceive = nil
        drop(successor)
        successor = nil
        drop(current)
    }

    private func drop(_ agent: ICEAgent?) {
        agent?.onState = nil
        agent?.onCandidate = nil
        agent?.onGatheringDone = nil
        agent?.onReceive = nil
        agent?.close()
    }
}
