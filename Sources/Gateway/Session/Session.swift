import AudioCore
import EventLoop
import JSON
import MediaEngine
import TransportHosting

/// One session: a local leg joined to a transport leg, its conversation and its fate.
///
/// The decisions are ``SessionLifecycle``'s, the sound is the engine's, the protocol is the plugin's;
/// this joins the three, on the control thread.
@LoopActor
final class Session {
    let id: String
    var spec: SessionSpec
    let parent: String?
    let createdNs = MonotonicClock.nowNs
    /// What it and its parent are called in metrics.
    let label: String
    let parentLabel: String?
    let media: MediaSession
    /// Strong both ways until the session is forgotten.
    let gateway: Gateway

    /// Sessions that one listener's callers may have.
    static var callersMaximum: Int { 64 }
    /// Of ``sessionConfig``, in memory.
    static var configBytesMaximum: Int { 2 << 20 }

    var lifecycle: SessionLifecycle
    var leg: LocalLeg
    var transport: TransportSession?
    /// Of the file that ``transport`` runs on.
    var descriptor: TransportDescriptor?
    var conversation = Conversation()
    var unfinished = UnfinishedTurns()
    var sessionConfig: JSONObject
    var interruption = Interruption()
    var statistics: JSONValue?
    var outages = SessionOutages()
    var interruptions = 0
    /// On connections before this one.
    var framesSentBefore = 0
    var uplink: LegFormat?
    var downlink: LegFormat?
    var generation: UInt32 = 1
    var isInputMuted = false
    var isOutputMuted = false

    /// Commands and barriers that wait for the plugin, by number.
    var pending: [UInt32: PendingCommand] = [:]
    var lastCommand: UInt32 = 0
    var secrets = SessionSecrets()
    var secretReads = SecretReads()
    /// What was said of the plugin on this connection.
    var complaints: Set<Complaint> = []
    /// What the plugin knows of who listens; nil for nothing yet.
    var toldListeners: HeardEvents?
    private var retryTimer: LoopTimer?
    private var closeTimer: LoopTimer?
    private var stateWaiters: [(SessionLifecycle.State) -> Bool] = []
    /// Through which the engine reaches the session.
    var mediaProxy: MediaDelegateProxy?

    init(
        id: String, spec: SessionSpec, parent: Session?, label: String, leg: LocalLeg,
        media: MediaSession, gateway: Gateway
    ) {
        self.id = id
        self.spec = spec
        self.parent = parent?.id
        self.label = label
        parentLabel = parent?.label
        self.leg = leg
        self.media = media
        self.gateway = gateway
        sessionConfig = spec.sessionConfig
        lifecycle = SessionLifecycle(policy: spec.reconnect)
    }

    var state: SessionLifecycle.State { lifecycle.state }

    // MARK: Life

    func start() { perform(lifecycle.start()) }

    func handle(_ event: SessionLifecycle.Event) {
        perform(
            lifecycle.handle(
                event, nowNs: MonotonicClock.nowNs, jitter: Double.random(in: 0...1)))
    }

    private func perform(_ actions: [SessionLifecycle.Action]) {
        for action in actions {
            switch action {
            case .connect(let resume, let attempt): connect(resume: resume, attempt: attempt)
            case .retry(let atNs): scheduleRetry(atNs)
            case .flush: media.interrupt(cause: TransportCause.close.rawValue)
            case .disconnect: disconnect()
            case .release: release()
            case .announce(let state, let why): announce(state, why)
            }
        }
    }

    private func connect(resume: Bool, attempt: Int) {
        complaints = []
        do throws(SessionFailure) {
            let transport = try openTransport()
            transport.connect(
                options: .object(spec.options), config: .object(sessionConfig),
                items: conversation.json, resume: resume, attempt: UInt32(clamping: attempt),
                generation: generation, callID: spec.callID)
        } catch {
            // A host that may not be started yet is no failed try: that it died was told already.
            if case .later(let afterMs, _) = error, state == .reconnecting {
                scheduleRetry(MonotonicClock.nowNs + UInt64(max(0, afterMs)) * 1_000_000)
            } else {
                handle(.lost(error.disconnect))
            }
        }
    }

    private func scheduleRetry(_ atNs: UInt64) {
        let nowNs = MonotonicClock.nowNs
        let delayNs = atNs > nowNs ? atNs - nowNs : 0
        retryTimer?.cancel()
        retryTimer = EventLoop.shared.schedule(after: .nanoseconds(Int64(delayNs))) { [weak self] in
            self?.handle(.retryDue)
        }
    }

    /// Asks the plugin to hang up. It has a second; the host is not punished for one session that
    /// lingers.
    private func disconnect() {
        retryTimer?.cancel()
        guard let transport else { return handle(.released) }
        transport.close()
        closeTimer = EventLoop.shared.schedule(after: .seconds(1)) { [weak self] in
            self?.handle(.released)
        }
    }

    /// Lets go of the plugin's side, for good or until the next connect.
    func release() {
        retryTimer?.cancel()
        closeTimer?.cancel()
        failPending(.notConnected)
        media.detachPeer()
        if let transport {
            self.transport = nil
            gateway.links.release(transport)
            transport.destroy()
        }
    }

    private func announce(_ state: SessionLifecycle.State, _ why: SessionLifecycle.Disconnect?) {
        outages.note(state, nowNs: MonotonicClock.nowNs)
        gateway.sessionChanged(self, to: state, why: why)
        stateWaiters.removeAll { $0(state) }
    }

    /// Waits until the session has come to rest: connected, failed or closed.
    func settled() async -> SessionLifecycle.State {
        if let rest = restState(state) { return rest }
        return await withCheckedContinuation { continuation in
            stateWaiters.append { [weak self] state in
                guard let rest = self?.restState(state) else { return self == nil }
                continuation.resume(returning: rest)
                return true
            }
        }
    }

    private func restState(_ state: SessionLifecycle.State) -> SessionLifecycle.State? {
        switch state {
        case .connected, .failed, .closed: state
        // The first connection broke: a caller that waits wants the error, not the retries.
        case .reconnecting: lifecycle.wasConnected ? nil : .reconnecting
        case .connecting, .disconnecting: nil
        }
    }

    /// Waits until the session is over.
    func ended() async {
        if state == .closed { return }
        await withCheckedContinuation { continuation in
            stateWaiters.append { state in
                guard state == .closed else { return false }
                continuation.resume()
                return true
            }
        }
    }

    /// Connects anew, with the conversation so far and the newest version of the plugin.
    func restart() {
        if let transport {
            transport.close()
            media.interrupt(cause: TransportCause.close.rawValue)
            release()
        }
        perform(lifecycle.restart())
    }
}
