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

    private struct WeakHold<Hold: AnyObject> { weak var hold: Hold? }

    init(engine: MediaEngine, pool: DevicePool) {
        self.engine = engine
        self.pool = pool
    }

    func capture(_ preference: DevicePreference) -> CaptureHold {
        if let hold = captures[preference]?.hold { return hold }
        let hold = CaptureHold(device: pool.capture(preference), engine: engine)
        captures[preference] = WeakHold(hold: hold)
        return hold
    }

    func playback(_ preference: DevicePreference) -> PlaybackHold {
        if let hold = playbacks[preference]?.hold { return hold }
        let hold = PlaybackHold(device: pool.playback(preference), engine: engine)
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

    init(device: CaptureDevice, engine: MediaEngine) {
        self.device = device
        self.engine = engine
        let number = engine.addCapture()
        self.number = number
        observation = device.observe { line in engine.setCaptureLine(line, of: number) }
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

    init(device: PlaybackDevice, engine: MediaEngine) {
        self.device = device
        self.engine = engine
        let number = engine.addPlayback()
        self.number = number
        observation = device.observe { line in engine.setPlaybackLine(line, of: number) }
    }

    isolated deinit { engine.removePlayback(number) }
}
