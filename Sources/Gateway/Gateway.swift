import AudioCore
import Configuration
import Control
import ControlProtocol
import EventLoop
import JSON
import MediaEngine
import Metrics
import Opus
import PulseAudio
import TransportHosting

/// The daemon without its edges: sessions between devices or programs and transports, and the answers
/// to the control protocol.
///
/// Everything is on the control thread. Who else works: the engine's thread and libpulse's, both behind
/// the modules that own them.
@LoopActor
public final class Gateway {
    public let server: ControlServer
    let engine = MediaEngine()
    let pulse: PulseServer
    let pool: DevicePool
    let links: HostLinks
    var settings: Settings
    var sessions: [Session] = []
    var levelsTimer: LoopTimer?
    /// Names of configured sessions whose plugin was not known yet.
    var waitingForTransport: Set<String> = []
    let startedNs = MonotonicClock.nowNs
    private var realTime: RealTimeThreads?
    var isRealTime: Bool { realTime?.isRealTime ?? false }
    /// All figures, for `gateway.metrics` and for ``MetricsServer``.
    public let metrics = MetricRegistry()
    let startedAtSeconds = Gateway.secondsSince1970
    var endedSessions = EndedSessions()
    var metricFaults = 0
    private var hostingStorage: TransportHosting?
    private var legsStorage: DeviceLegs?
    private var lastSession = 0
    private let reload: @LoopActor () -> Result<Settings, ConfigurationError>
    /// Called with settings that have just come into force.
    public var onSettings: @LoopActor (Settings) -> Void = { _ in }
    /// Called when ``statusLine`` may be another, any number of times.
    public var onStatusLine: @LoopActor () -> Void = {}
    /// Called when the configuration begins to be read again, with true, and with false when it was.
    public var onReload: @LoopActor (Bool) -> Void = { _ in }
    private let write: @LoopActor (TransportLogLevel, String, LogSubject) -> Void

    /// - Parameters:
    ///   - reload: reads the configuration again.
    ///   - log: where lines for the operator go.
    /// - Throws: when there is no memory for libpulse's thread.
    public init(
        settings: Settings, version: String, launcher: any HostLauncher,
        directories: [TransportDirectory], cacheDirectory: String?,
        reload: @escaping @LoopActor () -> Result<Settings, ConfigurationError>,
        log: @escaping @LoopActor (TransportLogLevel, String, LogSubject) -> Void
    ) throws {
        self.settings = settings
        self.reload = reload
        write = log
        server = ControlServer(version: version, limits: settings.control.limits)
        pulse = try PulseServer(address: ServerAddress(settings.audio))
        pool = DevicePool(server: pulse, settings: StreamSettings(settings.audio))
        links = HostLinks(engine: engine)
        hostingStorage = TransportHosting(
            launcher: launcher, directories: directories, cacheDirectory: cacheDirectory,
            log: { log($0, $1, LogSubject($2)) },
            onEvent: { [weak self] event in self?.catalogueChanged(event) })
        legsStorage = DeviceLegs(engine: engine, pool: pool) { [weak self] kind, name in
            self?.setConfiguredVolume(kind, name)
        }
        hosting.configuredFiles = { [weak self] in self?.configuredFiles($0) ?? [] }
        server.service = self
        server.onListeners = { [weak self] in
            for session in self?.sessions ?? [] { session.tellListeners() }
        }
        registerMetrics()
        pulse.onStatus = { [weak self] status in self?.soundServerChanged(status) }
        pulse.onIdentity = { [weak self] in self?.onStatusLine() }
        pulse.onDevice = { [weak self] event in self?.deviceChanged(event) }
    }

    var hosting: TransportHosting {
        guard let hostingStorage else { preconditionFailure("the gateway is complete after init") }
        return hostingStorage
    }

    var legs: DeviceLegs {
        guard let legsStorage else { preconditionFailure("the gateway is complete after init") }
        return legsStorage
    }

    /// A device has come into use: it gets the volume that config names for it, if any.
    private func setConfiguredVolume(_ kind: AudioDevice.Kind, _ name: String) {
        let wanted =
            kind == .source ? settings.audio.captureVolume : settings.audio.playbackVolume
        guard let wanted, let device = pulse.devices.device(kind, named: name) else { return }
        pulse.setVolume(device, wanted)
    }

    // MARK: Life

    /// Begins the work: the engine, the sound server, the sessions that config wants.
    public func start() {
        let realTime = RealTimeThreads(count: 2) { [weak self] in self?.log($0, $1) }
        self.realTime = realTime
        engine.start { realTime.claim() }
        pulse.onPulseThread { realTime.claim() }
        pulse.start()
        hosting.beginProbing()
        startConfiguredSessions()
    }

    /// Ends every session, tells clients, and lets go of everything. Returns when that is done, or after
    /// `limit`.
    public func stop(limit: Duration) async {
        levelsTimer?.cancel()
        let ending = sessions
        for session in ending { session.handle(.close) }
        await Self.race(limit) { await self.allEnded(ending) }
        server.close()
        hosting.stop()
        pulse.stop()
        engine.stop()
    }

    private func allEnded(_ ending: [Session]) async {
        for session in ending { _ = await session.ended() }
    }

    /// Waits for `body`, at most `limit`.
    private static func race(
        _ limit: Duration, _ body: @escaping @LoopActor @Sendable () async -> Void
    ) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            var isOver = false
            let timer = EventLoop.shared.schedule(after: limit) {
                guard !isOver else { return }
                isOver = true
                continuation.resume()
            }
            Task.immediate { @LoopActor in
                await body()
                guard !isOver else { return }
                isOver = true
                timer.cancel()
                continuation.resume()
            }
        }
    }

    // MARK: Sessions

    func session(named name: String) throws(ControlError) -> Session {
        guard let session = sessions.first(where: { $0.id == name || $0.spec.name == name }) else {
            throw ControlError(
                .unknownSession, "there is no session \(name); sessions.list shows which there are")
        }
        return session
    }

    /// Makes a session and lets it connect.
    func create(
        _ spec: SessionSpec, secrets: [String: String] = [:], parent: Session? = nil
    ) throws(ControlError) -> Session {
        if let name = spec.name {
            guard !sessions.contains(where: { $0.spec.name == name || $0.id == name }) else {
                throw ControlError(.nameTaken, "a session is called \(name) already")
            }
        }
        guard sessions.count < Self.sessionMaximum else {
            throw ControlError(.limitExceeded, "\(sessions.count) sessions run: close one")
        }
        lastSession += 1
        let proxy = MediaDelegateProxy()
        let isStream = spec.local.kind == "stream"
        let media = engine.addSession(
            localRateHz: spec.local.rateHz, isStream: isStream, delegate: proxy)
        let label = SessionLabel.make(name: spec.name, taken: Set(sessions.map(\.label)))
        let session = Session(
            id: "s\(lastSession)", spec: spec, parent: parent, label: label,
            leg: .stream(StreamPrograms()), media: media, gateway: self)
        proxy.target = session
        session.mediaProxy = proxy
        session.secrets = SessionSecrets(secrets.mapValues { SecretValue($0) })
        if let parent { session.inheritMutes(of: parent) }
        session.use(spec.local)
        sessions.append(session)
        publish("session_created", of: session, session.summary)
        session.start()
        return session
    }

    static var sessionMaximum: Int { 256 }

    /// The far end is over: what is left is to forget the session, unless it failed and somebody should
    /// see why.
    func sessionChanged(
        _ session: Session, to state: SessionLifecycle.State, why: SessionLifecycle.Disconnect?
    ) {
        var data: JSONObject = ["state": .string(state.name)]
        if let why {
            data["reason"] = why.reason.map { .string($0) }
            data["code"] = why.code.map { .string($0) }
        }
        publish("session_state", of: session, .object(data))
        var change: JSONObject = ["status": .string(state.status)]
        if let reason = why?.reason { change["reason"] = .string(reason) }
        publish("connection_change", of: session, .object(change))
        onStatusLine()
        var subject = session.logSubject
        subject.event = "session_\(state.name)"
        // Calls come and go as a plugin says.
        subject.isFromPlugin = session.parent != nil
        log(
            state.logLevel,
            "session \(session.id) is \(state.name)\(why?.reason.map { ": \($0)" } ?? "")",
            about: subject)
        if state == .closed { forget(session) }
        // Of a caller nobody else knows who could close it.
        if state == .failed, session.spec.callID != nil {
            EventLoop.shared.post { session.handle(.close) }
        }
    }

    private func forget(_ session: Session) {
        session.media.remove()
        endedSessions.add(session)
        sessions.removeAll { $0 === session }
        publish("session_closed", of: session, session.summary)
        onStatusLine()
    }

    // MARK: Telling

    func publish(_ type: String, of session: Session? = nil, _ data: JSONValue) {
        guard let type = EventType(rawValue: type) else { return }
        server.publish(type, session: session?.id, data)
    }

    func log(_ level: TransportLogLevel, _ text: String, about subject: LogSubject = .init()) {
        write(level, text, subject)
    }

    private func catalogueChanged(_ event: CatalogueEvent) {
        onStatusLine()
        switch event {
        case .added(let descriptor, let path):
            publish(
                "transport_added",
                [
                    "transport": .string(descriptor.id), "version": .string(descriptor.version),
                    "path": .string(path),
                ])
            startWaitingSessions()
        case .removed(let id, let path):
            publish("transport_removed", ["transport": .string(id), "path": .string(path)])
        case .failed(let id, let path, let reason):
            var data: JSONObject = ["path": .string(path), "reason": .string(reason)]
            if let id { data["transport"] = .string(id) }
            publish("transport_failed", .object(data))
            log(
                .warning, "\(path): \(reason)",
                about: LogSubject(transport: id, event: "transport_failed"))
        }
    }

    private func soundServerChanged(_ status: ServerStatus) {
        publish("sound_server", status.json)
        onStatusLine()
        switch status.state {
        case .connected:
            log(
                .info, "sound server: \(status.summary)",
                about: LogSubject(event: "sound_server_connected"))
        case .away, .refused:
            log(
                .warning, "sound server: \(status.summary)",
                about: LogSubject(event: "sound_server_away"))
        case .stopped, .connecting: break
        }
    }

    private func deviceChanged(_ event: DeviceEvent) {
        switch event {
        case .added(let device): publish("device_added", device.json)
        case .changed(let device): publish("device_changed", device.json)
        case .removed(let device): publish("device_removed", device.json)
        }
    }

    /// Someone calls a listener: the call becomes a session of its own, with the listener's legs as
    /// template and as silent as that is. It lives on when the listener is closed.
    func incoming(_ callID: String, _ data: JSONValue, at listener: Session) {
        var spec = listener.spec
        spec.name = nil
        spec.callID = callID
        do throws(ControlError) {
            guard listener.takesCallers else {
                throw ControlError(
                    .notSupported,
                    "transport \(spec.transport) lacks the capability listen, or the session does not "
                        + "wait for callers")
            }
            guard sessions.count(where: { $0.parent == listener.id }) < Session.callersMaximum
            else {
                throw ControlError(
                    .limitExceeded, "\(Session.callersMaximum) of its callers have sessions")
            }
            _ = try create(spec, parent: listener)
        } catch {
            listener.complain(.call, "a call was not taken: \(error.message)")
        }
    }

    /// Joins a program on the audio socket to its session.
    public func admit(
        _ request: AudioRequest, _ socket: FileDescriptor
    ) -> Result<JSONValue, ControlError> {
        do throws(ControlError) {
            return try session(named: request.session).admit(request, socket)
        } catch {
            return .failure(error)
        }
    }

    /// Reads the configuration again, for a signal: the log says what came of it.
    public func reloadAndReport() {
        do throws(ControlError) {
            _ = try applyReload()
        } catch {
            log(.error, error.message)
        }
    }

    /// Reads the configuration again.
    func reloadSettings() -> Result<Settings, ConfigurationError> { reload() }
}

/// Lets the engine hold a session's delegate before the session exists.
@LoopActor
final class MediaDelegateProxy: MediaSessionDelegate {
    weak var target: Session?

    func played(_ feedback: PlaybackFeedback) { target?.played(feedback) }
    func audioClientEndedInput(_ client: UInt32) { target?.audioClientEndedInput(client) }
    func clipSent(_ number: UInt32) { target?.clipSent(number) }
    func audioClientLeft(_ client: UInt32) { target?.audioClientLeft(client) }
}
