import DeviceLines
import EventLoop
import MediaEngine
import PulseAudio

/// A session's microphone.
typealias CaptureLeg = DeviceLeg<CaptureStream>
/// A session's loudspeaker.
typealias PlaybackLeg = DeviceLeg<PlaybackStream>

/// The devices that sessions use, as the engine knows them: one number for each device, whatever line it
/// has at the moment and however many sessions came to it.
@LoopActor
final class DeviceLegs {
    private let engine: MediaEngine
    private let pool: DevicePool
    private var captures: [ObjectIdentifier: WeakHold<CaptureStream>] = [:]
    private var playbacks: [ObjectIdentifier: WeakHold<PlaybackStream>] = [:]
    /// Hears which device a hold runs on, whenever that changes.
    private let onRunning: @LoopActor (AudioDevice.Kind, String) -> Void

    private struct WeakHold<Stream: DeviceStream> { weak var hold: DeviceHold<Stream>? }

    init(
        engine: MediaEngine, pool: DevicePool,
        onRunning: @escaping @LoopActor (AudioDevice.Kind, String) -> Void
    ) {
        self.engine = engine
        self.pool = pool
        self.onRunning = onRunning
    }

    /// - Parameter onChange: the leg has another number now.
    func capture(
        _ preference: DevicePreference, onChange: @escaping @LoopActor () -> Void
    ) -> CaptureLeg {
        CaptureLeg(pool.capture(preference), hold: hold(capture:), onChange: onChange)
    }

    /// - Parameter onChange: the leg has another number now.
    func playback(
        _ preference: DevicePreference, onChange: @escaping @LoopActor () -> Void
    ) -> PlaybackLeg {
        PlaybackLeg(pool.playback(preference), hold: hold(playback:), onChange: onChange)
    }

    private func hold(capture device: CaptureDevice) -> DeviceHold<CaptureStream> {
        if let hold = captures[ObjectIdentifier(device)]?.hold { return hold }
        let engine = engine
        let number = engine.addCapture()
        let hold = DeviceHold(
            device: device, number: number,
            onRunning: { [onRunning] in onRunning(.source, $0) },
            onLine: { engine.setCaptureLine($0, of: number) },
            onEnd: { engine.removeCapture(number) })
        captures = captures.filter { $0.value.hold != nil }
        captures[ObjectIdentifier(device)] = WeakHold(hold: hold)
        return hold
    }

    private func hold(playback device: PlaybackDevice) -> DeviceHold<PlaybackStream> {
        if let hold = playbacks[ObjectIdentifier(device)]?.hold { return hold }
        let engine = engine
        let number = engine.addPlayback()
        let hold = DeviceHold(
            device: device, number: number,
            onRunning: { [onRunning] in onRunning(.sink, $0) },
            onLine: { engine.setPlaybackLine($0, of: number) },
            onEnd: { engine.removePlayback(number) })
        playbacks = playbacks.filter { $0.value.hold != nil }
        playbacks[ObjectIdentifier(device)] = WeakHold(hold: hold)
        return hold
    }
}

/// One direction of a session's local leg: a preference, and the device that it comes to at the moment.
@LoopActor
final class DeviceLeg<Stream: DeviceStream> {
    private let choice: DeviceChoice<Stream>
    private var hold: DeviceHold<Stream>?
    private var tally = LegTally()
    private var observation: DeviceObservation<Stream.Line>?

    init(
        _ choice: DeviceChoice<Stream>,
        hold find: @escaping @LoopActor (SharedDevice<Stream>) -> DeviceHold<Stream>,
        onChange: @escaping @LoopActor () -> Void
    ) {
        self.choice = choice
        hold = choice.device.map(find)
        tally.use(hold?.counters)
        choice.onChange = { [weak self] in
            guard let self else { return }
            // The old device is let go behind the command that leaves it.
            let old = hold
            tally.leave(old?.counters)
            hold = self.choice.device.map(find)
            tally.use(hold?.counters)
            onChange()
            withExtendedLifetime(old) {}
        }
        observation = choice.observe { [weak self] line in
            self?.tally.note(hasDevice: line != nil, nowNs: MonotonicClock.nowNs)
        }
    }

    /// Takes the place of another leg of the session, and its counts.
    func goOn(from old: DeviceLeg<Stream>) { tally.goOn(from: old.counters) }

    /// What happened to it since the session was made. Asks nobody.
    var counters: LegCounters {
        tally.counters(hold?.counters, nowNs: MonotonicClock.nowNs)
    }

    /// The engine's name for the device; 0 while there is none.
    var number: UInt32 { hold?.number ?? 0 }
    var status: DeviceStatus { choice.status }
    /// Waits for nobody, as ``status`` may.
    var state: DeviceStatus.State { choice.state }
}

/// A device in use, known to the engine by ``number``.
@LoopActor
final class DeviceHold<Stream: DeviceStream> {
    private let device: SharedDevice<Stream>
    let number: UInt32
    private let onEnd: @LoopActor () -> Void
    private var observation: DeviceObservation<Stream.Line>?

    init(
        device: SharedDevice<Stream>, number: UInt32,
        onRunning: @escaping @LoopActor (String) -> Void,
        onLine: @escaping @LoopActor (Stream.Line?) -> Void,
        onEnd: @escaping @LoopActor () -> Void
    ) {
        self.device = device
        self.number = number
        self.onEnd = onEnd
        var running: String?
        observation = device.observe(
            onStatus: { status in
                guard case .running(let name) = status.state, name != running else { return }
                running = name
                onRunning(name)
            }, onLine: onLine)
    }

    var counters: DeviceCounters { device.counters }

    isolated deinit { onEnd() }
}
