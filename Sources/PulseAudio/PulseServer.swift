import CPulse
import EventLoop
import Glibc

/// The sound server, as long as the daemon lives: connects, notices when the server is gone or
/// hangs, and comes back, any number of times. With nothing to do it causes no wake-ups.
@LoopActor
public final class PulseServer {
    public let address: ServerAddress
    public let devices = DeviceRegistry()
    public private(set) var status = ServerStatus()
    /// Called after ``status`` changed its state. For the daemon's events.
    public var onStatus: @LoopActor (ServerStatus) -> Void = { _ in }
    /// Called after the server has told what it is, which is a moment after it let us in.
    public var onIdentity: @LoopActor () -> Void = {}
    /// Called for each device that came, changed or went.
    public var onDevice: @LoopActor (DeviceEvent) -> Void = { _ in }

    private(set) var connection: PulseConnection?
    private let loop: PulseMainLoop
    private var machine = ServerMachine()
    private var timer: LoopTimer?
    private var watch: SocketWatch?
    private var lastFailure = "not tried yet"
    private var needs = 0
    private var listeners: [ObjectIdentifier: Listener] = [:]
    private var levels = DeviceLevels()

    private struct Listener {
        weak var object: (any PulseServerListener)?
    }

    /// - Throws: ``PulseError`` when the pulse thread can't be started.
    public init(address: ServerAddress = ServerAddress()) throws(PulseError) {
        self.address = address
        loop = try PulseMainLoop()
        status.identity.candidates = address.socketPaths
        status.identity.origin = address.origin
        status.identity.uid = getuid()
        (status.identity.cookiePath, status.identity.isCookieReadable) = Self.cookie()
        devices.onEvent = { [weak self] in self?.deviceEvent($0) }
        devices.onSettled = { [weak self] in self?.notify { $0.devicesSettled() } }
        devices.onServer = { [weak self] in self?.serverAnswered($0) }
    }

    isolated deinit {
        timer?.cancel()
        connection?.close()
    }

    /// Connects, and stays connected until ``stop()``.
    public func start() {
        if let refusal = address.refusal {
            publish(.refused(reason: refusal))
            return
        }
        advance(.start)
    }

    public func stop() { advance(.stop) }

    /// How often the pulse thread has answered ``prod()``.
    public var turns: UInt64 { loop.turns }

    /// Wakes the pulse thread, so that ``turns`` grows if it lives.
    public func prod() { loop.prod() }

    /// Runs `body` on the pulse thread, for instance to see to its priority.
    public func onPulseThread(_ body: @escaping @Sendable () -> Void) { loop.run(body) }

    /// Whether some session needs the server: then tries come every 250 ms instead of every 30 s.
    func addNeed() {
        needs += 1
        if needs == 1 { advance(.need(true)) }
    }

    func removeNeed() {
        needs -= 1
        if needs == 0 { advance(.need(false)) }
    }

    /// Tells the state machine that a stream got no answer: the server hangs.
    func reportSilence() { advance(.silent) }

    func add(_ listener: any PulseServerListener) {
        listeners[ObjectIdentifier(listener)] = Listener(object: listener)
    }

    private func notify(_ call: (any PulseServerListener) -> Void) {
        for (key, listener) in listeners {
            if let object = listener.object { call(object) } else { listeners[key] = nil }
        }
    }

    // MARK: The machine

    private func advance(_ event: ServerMachine.Event) {
        let wasConnected = machine.state == .connected
        let action = machine.handle(event, nowNs: MonotonicClock.nowNs)
        switch action {
        case .nothing: break
        case .disconnect: disconnect(wasConnected: wasConnected)
        case .connect: connect()
        }
        settle()
    }

    private func settle() {
        status.outages = machine.outages
        status.hangs = machine.hangs
        status.attempts = machine.attempts
        status.lastOutageMs = Double(machine.lastOutageNs) / 1e6
        status.totalOutageMs = Double(machine.totalOutageNs) / 1e6
        switch machine.state {
        case .stopped: publish(.stopped)
        case .away: publish(.away(reason: lastFailure))
        case .connecting: publish(status.state == .stopped ? .connecting : status.state)
        case .connected: publish(.connected)
        }
        timer?.cancel()
        timer = nil
        if case .away = machine.state {
            if watch == nil {
                watch = SocketWatch(paths: address.socketPaths) { [weak self] in
                    self?.advance(.socketAppeared)
                }
            }
        } else if case .connecting = machine.state {
            // Kept: what appears while an attempt runs is seen after it.
        } else {
            watch = nil
        }
        guard let wakeNs = machine.wakeNs else { return }
        let nowNs = MonotonicClock.nowNs
        let delay = Duration.nanoseconds(Int64(wakeNs > nowNs ? wakeNs - nowNs : 0))
        timer = EventLoop.shared.schedule(after: delay) { [weak self] in self?.advance(.due) }
    }

    private func publish(_ state: ServerStatus.State) {
        guard state != status.state else { return }
        status.state = state
        status.sinceNs = MonotonicClock.nowNs
        onStatus(status)
    }

    // MARK: Connections

    private func connect() {
        do {
            connection = try PulseConnection(loop: loop, servers: address.pulseList) {
                [weak self] in
                self?.handle($0)
            }
        } catch {
            lastFailure = sentence(for: error)
            _ = machine.handle(.failed, nowNs: MonotonicClock.nowNs)
        }
    }

    /// One more connection to the server that is connected, for one stream.
    func separateConnection(
        _ onEvent: @escaping @LoopActor (PulseConnection.Event) -> Void
    ) throws(PulseError) -> PulseConnection {
        try PulseConnection(
            loop: loop, servers: "unix:\(status.identity.socket)", onEvent: onEvent)
    }

    private func disconnect(wasConnected: Bool) {
        if wasConnected {
            levels.serverLost(devices.devices)
            // Streams first: they are part of the context.
            notify { $0.serverLost() }
        }
        // Nobody may open anything on it from here on: ending requests calls their completions.
        let old = connection
        connection = nil
        if wasConnected { devices.detach() }
        old?.close()
        status.identity.socket = ""
    }

    private func handle(_ event: PulseConnection.Event) {
        switch event {
        case .ready(let socket):
            guard !socket.hasPrefix("tcp") else {
                lastFailure = "the sound server \(socket) is on TCP, which Parley refuses"
                return advance(.failed)
            }
            status.identity.socket =
                socket.hasPrefix("unix:") ? String(socket.dropFirst(5)) : socket
            advance(.ready)
            guard let connection else { return }
            subscribe(connection)
            devices.attach(connection)
        case .ended(let error):
            lastFailure = sentence(for: error)
            advance(.failed)
        case .silent:
            lastFailure = "the sound server is there but does not answer"
            advance(.silent)
        case .changed(let change):
            devices.handle(change)
            notify { $0.streamChanged(change) }
        }
    }

    private func subscribe(_ connection: PulseConnection) {
        let mask =
            PA_SUBSCRIPTION_MASK_SINK.rawValue | PA_SUBSCRIPTION_MASK_SOURCE.rawValue
            | PA_SUBSCRIPTION_MASK_SERVER.rawValue | PA_SUBSCRIPTION_MASK_SINK_INPUT.rawValue
            | PA_SUBSCRIPTION_MASK_SOURCE_OUTPUT.rawValue
        connection.request { context, userdata in
            pa_context_subscribe(
                context, pa_subscription_mask_t(rawValue: mask), onSuccess, userdata)
        } completion: { (_: [Void]?) in
        }
    }

    private func serverAnswered(_ server: DeviceRegistry.ServerSelf) {
        let before = status.identity
        defer { if status.identity != before { onIdentity() } }
        status.identity.name = server.name
        status.identity.version = server.version
        status.identity.serverUser = server.user
    }

    private func deviceEvent(_ event: DeviceEvent) {
        if case .added(let device) = event, let lost = levels.takeLost(device) {
            if lost.volume != device.volume { setVolume(device, lost.volume) }
            if lost.isMuted != device.isMuted { setMute(device, lost.isMuted) }
        }
        onDevice(event)
    }

    private func sentence(for error: PulseError) -> String {
        let places = address.socketPaths.joined(separator: ", ")
        switch error.code {
        case CInt(PA_ERR_ACCESS.rawValue):
            return
                "the sound server at \(places) refuses user \(status.identity.uid): run Parley as "
                + "its user, give it the cookie (\(status.identity.cookiePath)), or, where the server is "
                + "the machine's, put it into group pulse-access"
        case CInt(PA_ERR_CONNECTIONREFUSED.rawValue), CInt(PA_ERR_INVALIDSERVER.rawValue):
            return "no sound server at \(places)"
        case CInt(PA_ERR_CONNECTIONTERMINATED.rawValue):
            return "the sound server ended"
        default:
            return "no connection to the sound server at \(places): \(error.reason)"
        }
    }

    /// As libpulse looks for it.
    private static func cookie() -> (path: String, isReadable: Bool) {
        let home = ServerAddress.environment("HOME") ?? ""
        let configuration = ServerAddress.environment("XDG_CONFIG_HOME") ?? "\(home)/.config"
        let places =
            [ServerAddress.environment("PULSE_COOKIE")].compactMap { $0 }
            + ["\(configuration)/pulse/cookie", "\(home)/.pulse-cookie"]
        let readable = places.first { access($0, R_OK) == 0 }
        return (readable ?? places[0], readable != nil)
    }

    // MARK: Volume and mute

    /// Sets every channel of a device to `volume`, 0 to 1.5, 1 being 0 dB.
    /// - Parameter completion: whether the server took it.
    public func setVolume(
        _ device: AudioDevice, _ volume: Double,
        completion: @escaping @LoopActor @Sendable (Bool) -> Void = { _ in }
    ) {
        guard let connection else { return completion(false) }
        levels.touched(device)
        connection.request { context, userdata in
            var value = channelVolume(volume, channels: device.channels)
            switch device.kind {
            case .sink:
                return pa_context_set_sink_volume_by_index(
                    context, device.index, &value, onSuccess, userdata)
            case .source:
                return pa_context_set_source_volume_by_index(
                    context, device.index, &value, onSuccess, userdata)
            }
        } completion: { (answers: [Void]?) in
            completion(answers != nil)
        }
    }

    /// Mutes or unmutes a device.
    /// - Parameter completion: whether the server took it.
    public func setMute(
        _ device: AudioDevice, _ isMuted: Bool,
        completion: @escaping @LoopActor @Sendable (Bool) -> Void = { _ in }
    ) {
        guard let connection else { return completion(false) }
        levels.touched(device)
        connection.request { context, userdata in
            switch device.kind {
            case .sink:
                pa_context_set_sink_mute_by_index(
                    context, device.index, isMuted ? 1 : 0, onSuccess, userdata)
            case .source:
                pa_context_set_source_mute_by_index(
                    context, device.index, isMuted ? 1 : 0, onSuccess, userdata)
            }
        } completion: { (answers: [Void]?) in
            completion(answers != nil)
        }
    }

    /// A device that a stream of ours uses keeps its levels over an outage, too.
    func isUsed(_ device: AudioDevice) { levels.touched(device) }
}

/// Who must know what happens to the connection.
@LoopActor
protocol PulseServerListener: AnyObject {
    /// The connection is about to be closed: close what belongs to it.
    func serverLost()
    /// The list of devices is consistent again, or was completed.
    func devicesSettled()
    /// A stream on the server changed.
    func streamChanged(_ change: PulseConnection.Change)
}

/// Feeds a `PulseRequest<Void>` with one answer or none. [pulse thread]
func onSuccess(_ context: OpaquePointer?, _ success: CInt, _ userdata: UnsafeMutableRawPointer?) {
    guard let request = PulseRequest<Void>.from(userdata) else { return }
    request.finish(succeeded: success != 0)
}
