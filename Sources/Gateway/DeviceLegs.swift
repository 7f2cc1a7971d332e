import DeviceLines
import EventLoop
import MediaEngine
import PulseAudio

/// A microphone that a session uses.
typealias CaptureHold = DeviceHold<CaptureStream>
/// A loudspeaker that a session uses.
typealias PlaybackHold = DeviceHold<PlaybackStream>

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
        let engine = engine
        let number = engine.addCapture()
        let hold = CaptureHold(
            device: pool.capture(preference), number: number,
            onRunning: { [onRunning] in onRunning(.source, $0) },
            onLine: { engine.setCaptureLine($0, of: number) },
            onEnd: { engine.removeCapture(number) })
        captures[preference] = WeakHold(hold: hold)
        return hold
    }

    func playback(_ preference: DevicePreference) -> PlaybackHold {
        if let hold = playbacks[preference]?.hold { return hold }
        let engine = engine
        let number = engine.addPlayback()
        let hold = PlaybackHold(
            device: pool.playback(preference), number: number,
            onRunning: { [onRunning] in onRunning(.sink, $0) },
            onLine: { engine.setPlaybackLine($0, of: number) },
            onEnd: { engine.removePlayback(number) })
        playbacks[preference] = WeakHold(hold: hold)
        return hold
    }
}

/// A device in use, known to the engine by ``number``.
@LoopActor
final class DeviceHold<Stream: DeviceStream> {
    let device: SharedDevice<Stream>
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

    isolated deinit { onEnd() }
}
