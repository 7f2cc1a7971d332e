import EventLoop
import MediaEngine
import PulseAudio

/// The devices that sessions hold, as the engine knows them: one number for each device of the pool,
/// whatever line it has at the moment.
///
/// A session keeps the hold; when the last one goes, the stream closes.
@LoopActor
final class DeviceLegs {
    private let engine: MediaEngine
    private let pool: DevicePool
    private var captures: [DevicePreference: WeakHold<CaptureHold>] = [:]
    private var playbacks: [DevicePreference: WeakHold<PlaybackHold>] = [:]

    /// Hears which device a hold runs on, whenever that changes.
    private let onRunning: @LoopActor (AudioDevice.Kind, String) -> Void

    private struct WeakHold<Hold: AnyObject> { weak var hold: Hold? }

    init(
        engine: MediaEngine, pool: DevicePool,
        onRunning: @escaping @LoopActor (AudioDevice.Kind, String) -> Void
    ) {
        self.engine = engine
        self.pool = pool
        self.onRunning = onRunning
    }

    func capture(_ preference: DevicePreference) -> CaptureHold {
        if let hold = captures[preference]?.hold { return hold }
        let hold = CaptureHold(
            device: pool.capture(preference), engine: engine,
            onRunning: { [onRunning] in onRunning(.source, $0) })
        captures[preference] = WeakHold(hold: hold)
        return hold
    }

    func playback(_ preference: DevicePreference) -> PlaybackHold {
        if let hold = playbacks[preference]?.hold { return hold }
        let hold = PlaybackHold(
            device: pool.playback(preference), engine: engine,
            onRunning: { [onRunning] in onRunning(.sink, $0) })
        playbacks[preference] = WeakHold(hold: hold)
        return hold
    }
}

/// A microphone in use, known to the engine by ``number``.
@LoopActor
final class CaptureHold {
    let device: CaptureDevice
    let number: UInt32
    private let engine: MediaEngine
    private var observation: AnyObject?

    init(
        device: CaptureDevice, engine: MediaEngine,
        onRunning: @escaping @LoopActor (String) -> Void
    ) {
        self.device = device
        self.engine = engine
        let number = engine.addCapture()
        self.number = number
        var running: String?
        observation = device.observe(
            onStatus: { status in
                guard case .running(let name) = status.state, name != running else { return }
                running = name
                onRunning(name)
            }, onLine: { line in engine.setCaptureLine(line, of: number) })
    }

    isolated deinit { engine.removeCapture(number) }
}

/// A loudspeaker in use, known to the engine by ``number``.
@LoopActor
final class PlaybackHold {
    let device: PlaybackDevice
    let number: UInt32
    private let engine: MediaEngine
    private var observation: AnyObject?

    init(
        device: PlaybackDevice, engine: MediaEngine,
        onRunning: @escaping @LoopActor (String) -> Void
    ) {
        self.device = device
        self.engine = engine
        let number = engine.addPlayback()
        self.number = number
        var running: String?
        observation = device.observe(
            onStatus: { status in
                guard case .running(let name) = status.state, name != running else { return }
                running = name
                onRunning(name)
            }, onLine: { line in engine.setPlaybackLine(line, of: number) })
    }

    isolated deinit { engine.removePlayback(number) }
}
