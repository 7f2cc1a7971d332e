import DeviceLines
import EventLoop

/// The microphone that a holder's preference comes to.
public typealias CaptureChoice = DeviceChoice<CaptureStream>
/// The loudspeaker that a holder's preference comes to.
public typealias PlaybackChoice = DeviceChoice<PlaybackStream>

/// Follows a preference over devices that come and go, and names the one to use now. Whoever comes to
/// the same device, by whatever list, gets the same ``SharedDevice``: one stream for all.
///
/// A better device is opened before the present one is left, so the change costs no gap; one that is gone
/// is left at once.
@LoopActor
public final class DeviceChoice<Stream: DeviceStream> {
    public let preference: DevicePreference
    /// In use; nil while no device fits.
    public private(set) var device: SharedDevice<Stream>?
    /// Called when ``device`` has become another.
    public var onChange: @LoopActor () -> Void = {}

    private let server: PulseServer
    private let find: @LoopActor (String) -> SharedDevice<Stream>
    /// Left because it was gone: it remembers volume and mute until it returns.
    private var gone: SharedDevice<Stream>?
    /// Better than ``device``, and not running yet.
    private var next: SharedDevice<Stream>?
    private var nextView: DeviceObservation<Stream.Line>?
    private var view: DeviceObservation<Stream.Line>?
    /// Why no device fits; nil while one does.
    private var absence: String? = "not opened yet"
    private var observers: [ObjectIdentifier: Observer] = [:]

    private struct Observer {
        weak var observation: DeviceObservation<Stream.Line>?
    }

    init(
        preference: DevicePreference, server: PulseServer,
        find: @escaping @LoopActor (String) -> SharedDevice<Stream>
    ) {
        self.preference = preference
        self.server = server
        self.find = find
        server.add(self)
        server.addNeed()
        devicesSettled()
    }

    isolated deinit { server.removeNeed() }

    // MARK: For holders

    /// Of the device in use.
    public var status: DeviceStatus {
        var status = device?.status ?? DeviceStatus()
        status.state = state
        return status
    }

    /// Known here: asks nobody.
    public var state: DeviceStatus.State {
        let state = device?.state ?? DeviceStatus().state
        if let absence, state.device == nil { return .away(reason: absence) }
        return state
    }

    /// Of the running stream; nil while there is none.
    public var line: Stream.Line? { device?.line }

    /// As ``SharedDevice/observe(onStatus:onLine:)``, of whatever device is in use.
    public func observe(
        onStatus: @escaping @LoopActor (DeviceStatus) -> Void = { _ in },
        onLine: @escaping @LoopActor (Stream.Line?) -> Void
    ) -> DeviceObservation<Stream.Line> {
        let observation = DeviceObservation(onStatus: onStatus, onLine: onLine)
        observers[ObjectIdentifier(observation)] = Observer(observation: observation)
        observation.tell(line)
        onStatus(status)
        return observation
    }

    private func tell(_ body: (DeviceObservation<Stream.Line>) -> Void) {
        for (key, observer) in observers {
            if let observation = observer.observation {
                body(observation)
            } else {
                observers[key] = nil
            }
        }
    }

    // MARK: Following

    private func follow(_ best: AudioDevice?, among devices: [AudioDevice]) {
        func isPresent(_ device: SharedDevice<Stream>?) -> Bool {
            devices.contains { $0.kind == Stream.kind && $0.name == device?.name }
        }
        guard let best else {
            // What was in use waits for its return.
            absence = preference.absence(among: devices, kind: Stream.kind)
            dropNext()
            return tell { $0.onStatus(status) }
        }
        absence = nil
        if isPresent(gone), gone?.name != best.name { gone = nil }
        guard best.name != device?.name else { return dropNext() }
        guard isPresent(device) else {
            gone = device
            return use(find(best.name))
        }
        guard best.name != next?.name else { return }
        let candidate = find(best.name)
        next = candidate
        nextView = candidate.observe { [weak self, weak candidate] line in
            guard line != nil, let self, let candidate, candidate === next else { return }
            // In a turn of its own: the candidate is still telling.
            EventLoop.shared.post { [weak self, weak candidate] in
                guard let self, let candidate, candidate === next else { return }
                use(candidate)
            }
        }
    }

    private func dropNext() {
        next = nil
        nextView = nil
    }

    private func use(_ chosen: SharedDevice<Stream>) {
        dropNext()
        if chosen === gone { gone = nil }
        guard chosen !== device else { return }
        // Let go behind everybody who is told.
        let old = device
        device = chosen
        view = nil
        view = chosen.observe(
            onStatus: { [weak self, weak chosen] _ in
                guard let self, chosen === device else { return }
                tell { $0.onStatus(self.status) }
            },
            onLine: { [weak self, weak chosen] line in
                guard let self, chosen === device else { return }
                tell { $0.tell(line) }
            })
        onChange()
        withExtendedLifetime(old) {}
    }
}

extension DeviceChoice: PulseServerListener {
    func serverLost() {}

    func devicesSettled() {
        guard server.devices.isComplete else {
            if device == nil { absence = "the sound server is away: \(server.status.summary)" }
            return
        }
        let devices = server.devices.devices
        follow(preference.pick(from: devices, kind: Stream.kind), among: devices)
    }

    func streamChanged(_ change: PulseConnection.Change) {}
}
