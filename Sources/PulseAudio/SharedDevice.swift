import DeviceLines
import EventLoop

/// A microphone in use.
public typealias CaptureDevice = SharedDevice<CaptureStream>
/// A loudspeaker in use.
public typealias PlaybackDevice = SharedDevice<PlaybackStream>

/// One stream on one device, for as long as anybody holds this object: through unplugging, streams
/// killed, stalled or moved, and a server that dies, hangs or comes back. ``DeviceChoice`` says which
/// device it is; release it to close.
@LoopActor
public final class SharedDevice<Stream: DeviceStream> {
    /// Of the device, as the server knows it.
    public let name: String
    private let server: PulseServer
    private let settings: StreamSettings
    /// Gets what it counted, at its end.
    private let onEnd: @LoopActor (DeviceCounters) -> Void
    private var machine = DeviceMachine()
    private var stream: Stream?
    /// The stream's, where it may not use the server's (``OpenableStream/hasOwnConnection``).
    private var ownConnection: PulseConnection?
    private var isSuspended = false
    /// What must be hurried once the stream is there.
    private var sleepingSink: AudioDevice?
    /// As the stream had it last.
    private var level: StreamLevel?
    private var restoresLeft = 0
    private var readyNs: UInt64 = 0
    private var reason = "not opened yet"
    /// Of streams before this one.
    private var earlier = DeviceCounters()
    private var moves = 0
    private var corkRequests = 0
    private var timer: LoopTimer?
    private var upkeep: LoopTimer?
    private var observers: [ObjectIdentifier: WeakObservation] = [:]
    private var published = DeviceStatus.State.away(reason: "not opened yet")
    private var defaultAtLastLook: String?
    private var defaultChangedNs: UInt64 = 0

    private struct WeakObservation {
        weak var observation: DeviceObservation<Stream.Line>?
    }

    init(
        name: String, server: PulseServer, settings: StreamSettings,
        onEnd: @escaping @LoopActor (DeviceCounters) -> Void
    ) {
        self.name = name
        self.server = server
        self.settings = settings
        self.onEnd = onEnd
        server.add(self)
        server.addNeed()
        devicesSettled()
    }

    isolated deinit {
        onEnd(counters)
        timer?.cancel()
        upkeep?.cancel()
        stream?.close()
        ownConnection?.close()
        server.removeNeed()
    }

    // MARK: For holders

    /// Calls `handler` with the line of the running stream, now and whenever it changes: nil while
    /// there is none. The observation ends with the object that is returned.
    public func observe(
        onStatus: @escaping @LoopActor (DeviceStatus) -> Void = { _ in },
        onLine: @escaping @LoopActor (Stream.Line?) -> Void
    ) -> DeviceObservation<Stream.Line> {
        let observation = DeviceObservation(onStatus: onStatus, onLine: onLine)
        observers[ObjectIdentifier(observation)] = WeakObservation(observation: observation)
        observation.tell(line)
        onStatus(status)
        return observation
    }

    /// The running stream's; nil while there is none.
    public var line: Stream.Line? {
        guard case .running = machine.state else { return nil }
        return stream?.line
    }

    /// Asks libpulse for the stream's figures, so it waits for the pulse thread; ``state`` does not.
    public var status: DeviceStatus {
        var status = DeviceStatus()
        status.state = state
        status.outages = machine.outages
        status.rebuilds = machine.rebuilds
        status.stalls = machine.stalls
        status.lastOutageMs = Double(machine.lastOutageNs) / 1e6
        status.totalOutageMs = Double(machine.totalOutageNs) / 1e6
        let counters = counters
        var figures = stream?.figures ?? StreamFigures()
        figures.underruns = counters.underruns
        figures.overrunSamples = counters.overrunSamples
        figures.moves = moves
        figures.corkRequests = corkRequests
        status.stream = figures
        return status
    }

    /// Known here: asks nobody.
    public var counters: DeviceCounters {
        var counters = earlier
        counters.outages = machine.outages
        counters.outageNs = Int(clamping: machine.outageNs(nowNs: MonotonicClock.nowNs))
        counters.rebuilds = machine.rebuilds
        counters.stalls = machine.stalls
        counters.underruns += stream?.underruns ?? 0
        counters.overrunSamples += stream?.overrunSamples ?? 0
        counters.moves = moves
        counters.corkRequests = corkRequests
        return counters
    }

    /// Known here: asks nobody.
    public var state: DeviceStatus.State {
        switch machine.state {
        case .away, .waiting: .away(reason: reason)
        case .opening(let device, _): .opening(device: device)
        case .running(let device, _):
            isSuspended ? .suspended(device: device) : .running(device: device)
        }
    }

    // MARK: The machine

    private func advance(_ event: DeviceMachine.Event) {
        let nowNs = MonotonicClock.nowNs
        switch machine.handle(event, nowNs: nowNs) {
        case .nothing: break
        case .close: closeStream()
        case .serverSilent: return server.reportSilence()
        case .open(let device):
            closeStream()
            open(device)
        }
        settle()
    }

    private func settle() {
        timer?.cancel()
        timer = nil
        if let wakeNs = machine.wakeNs {
            let nowNs = MonotonicClock.nowNs
            let delay = Duration.nanoseconds(Int64(wakeNs > nowNs ? wakeNs - nowNs : 0))
            timer = EventLoop.shared.schedule(after: delay) { [weak self] in self?.advance(.due) }
        }
        let state = state
        guard state != published else { return }
        published = state
        let status = status
        for (key, entry) in observers {
            guard let observation = entry.observation else {
                observers[key] = nil
                continue
            }
            observation.tell(line)
            observation.onStatus(status)
        }
    }

    private func open(_ device: String) {
        guard let shared = server.connection, let type = Stream.self as? any OpenableStream.Type
        else { return }
        isSuspended = false
        let devices = server.devices.devices
        sleepingSink = devices.first { $0.kind == Stream.kind && $0.name == device }
            .flatMap { NullSinkHaste.idleSink(behind: $0, among: devices) }
        guard type.hasOwnConnection else { return makeStream(type, device, on: shared) }
        do throws(PulseError) {
            ownConnection = try server.separateConnection { [weak self] event in
                self?.handle(event, opening: device, as: type)
            }
        } catch {
            end(error.description)
        }
    }

    private func handle(
        _ event: PulseConnection.Event, opening device: String, as type: any OpenableStream.Type
    ) {
        switch event {
        case .ready: if let ownConnection { makeStream(type, device, on: ownConnection) }
        case .ended(let error): end("the stream on \(device) ended: \(error.reason)")
        case .silent: server.reportSilence()
        case .changed: break
        }
    }

    private func makeStream(
        _ type: any OpenableStream.Type, _ device: String, on connection: PulseConnection
    ) {
        do throws(PulseError) {
            let new = try type.init(
                connection: connection, device: device, settings: settings, level: level)
            new.handle.onEvent = { [weak self] in self?.handle($0) }
            stream = new as? Stream
        } catch {
            end(error.description)
        }
    }

    private func end(_ why: String) {
        reason = why
        advance(.ended)
    }

    private func closeStream() {
        upkeep?.cancel()
        upkeep = nil
        defer {
            ownConnection?.close()
            ownConnection = nil
        }
        guard let old = stream else { return }
        earlier.underruns += old.underruns
        earlier.overrunSamples += old.overrunSamples
        stream = nil
        isSuspended = false
        old.close()
    }

    private var openable: (any OpenableStream)? { stream as? any OpenableStream }

    private func handle(_ event: StreamHandle.Event) {
        switch event {
        case .ready:
            if let sink = sleepingSink, let connection = server.connection {
                NullSinkHaste.hurry(sink, on: connection)
            }
            if level != nil { restoresLeft = 3 }
            readyNs = MonotonicClock.nowNs
            if let device = machine.best.flatMap({ server.devices.device(Stream.kind, named: $0) })
            {
                server.isUsed(device)
            }
            advance(.ready)
            look(after: settings.stall / 4)
            askLevel()
        case .ended(let error):
            end("the stream on \(state.device ?? "the device") ended: \(error.reason)")
        case .suspended(let suspended):
            isSuspended = suspended
            settle()
        case .moved(let device):
            moves += 1
            let moved = openable
            server.devices.confirm { [weak self, weak moved] in
                guard let self, let moved, moved === openable else { return }
                advance(.moved(to: device, isChosen: isChosenMove(to: device)))
            }
        case .asked(let wish):
            if wish == "request-cork" { corkRequests += 1 }
        }
    }

    /// A move is somebody's choice unless the server made it: because the old device went, or
    /// because the default changed and the server takes its streams along.
    private func isChosenMove(to device: String) -> Bool {
        guard case .running(let old, _) = machine.state,
            server.devices.device(Stream.kind, named: old) != nil
        else { return false }
        let isDefault = server.devices.device(Stream.kind, named: device)?.isDefault ?? false
        let changedAgoNs = MonotonicClock.nowNs - defaultChangedNs
        return !(isDefault && changedAgoNs < 2_000_000_000)
    }

    // MARK: Looking after a running stream

    private func look(after delay: Duration) {
        upkeep = EventLoop.shared.schedule(after: delay) { [weak self] in self?.lookNow() }
    }

    private func lookNow() {
        guard let stream, case .running = machine.state else { return }
        let nowNs = MonotonicClock.nowNs
        let turns = server.turns
        let pulseLives = turns != turnsAtLastLook
        turnsAtLastLook = turns
        server.prod()
        openable?.maintain(nowNs: nowNs)
        let silentNs = nowNs - min(nowNs, max(stream.activityNs, resumedNs))
        let limit = stream.isProven ? settings.stall : settings.firstSound
        if isSuspended {
            resumedNs = nowNs
        } else if silentNs >= limit.nanoseconds, pulseLives {
            reason = "\(state.device ?? "the device") stopped without an error"
            return advance(.stalled)
        }
        look(after: settings.stall / 4)
    }

    /// When the device was last seen suspended: its silence counts from there.
    private var resumedNs: UInt64 = 0
    /// The pulse thread's: while it stands still, silence is not the device's fault, and closing the
    /// stream would wait for its lock.
    private var turnsAtLastLook: UInt64 = 0

    private func askLevel() {
        guard let asked = openable else { return }
        asked.askLevel { [weak self, weak asked] level, isCorked in
            guard let self, let asked, asked === openable else { return }
            if let level { learn(level, of: asked) }
            // Nobody of ours pauses streams, so somebody else did; a call goes on.
            if isCorked { asked.handle.uncork() }
        }
    }
}

extension SharedDevice {
    /// A new stream of ours may get other levels from a session manager that remembers them
    /// (WirePlumber does, a moment after the stream's birth). What is said later is somebody's
    /// wish.
    private func learn(_ found: StreamLevel, of stream: any OpenableStream) {
        let isNew = MonotonicClock.nowNs - readyNs < 1_000_000_000
        if let level, level != found, isNew, restoresLeft > 0 {
            restoresLeft -= 1
            stream.restore(level)
        } else {
            level = found
        }
    }
}

extension SharedDevice: PulseServerListener {
    func serverLost() {
        reason = "the sound server is away"
        advance(.serverLost)
    }

    func devicesSettled() {
        guard server.devices.isComplete else {
            if stream == nil { reason = "the sound server is away: \(server.status.summary)" }
            return settle()
        }
        let devices = server.devices.devices
        let nowDefault = devices.first { $0.kind == Stream.kind && $0.isDefault }?.name
        if nowDefault != defaultAtLastLook {
            defaultAtLastLook = nowDefault
            defaultChangedNs = MonotonicClock.nowNs
        }
        let isPresent = devices.contains { $0.kind == Stream.kind && $0.name == name }
        if !isPresent { reason = "\(name) is not there" }
        advance(.best(isPresent ? name : nil))
    }

    func streamChanged(_ change: PulseConnection.Change) {
        guard let openable, !change.isRemoved,
            change.facility == type(of: openable).facility, change.index == openable.handle.index
        else { return }
        askLevel()
    }
}
