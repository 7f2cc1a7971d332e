import AudioCore
import DeviceLines
import EventLoop
import Glibc
import PulseAudio
import SoundServer
import Synchronization
import Testing

/// A server, a connection to it and devices, for one test.
@LoopActor
final class Rig {
    nonisolated let sound: PrivateSoundServer
    let server: PulseServer
    let pool: DevicePool

    nonisolated static func start(
        _ flavour: PrivateSoundServer.Flavour, isServerRunning: Bool = true,
        settings: StreamSettings = StreamSettings()
    ) async throws -> Rig {
        EventLoop.startThread()
        let sound = try PrivateSoundServer(flavour)
        if isServerRunning { try sound.start() }
        return try await Rig(sound: sound, settings: settings)
    }

    private init(sound: PrivateSoundServer, settings: StreamSettings) throws {
        self.sound = sound
        server = try PulseServer(address: ServerAddress(configured: "unix:\(sound.socketPath)"))
        pool = DevicePool(server: server, settings: settings)
        server.start()
    }

    func microphone(_ entries: [String] = ["microphone"]) -> Ear {
        Ear(pool.capture(DevicePreference(entries)))
    }

    func speaker(_ entries: [String] = ["speaker"]) -> Mouth {
        Mouth(pool.playback(DevicePreference(entries)))
    }
}

struct NotInTime: Error, CustomStringConvertible {
    let description: String
}

/// Looks on the control thread until `condition` holds. Real servers decide when that is; the limit
/// is only for failures.
func eventually(
    _ what: String, within limit: Duration = .seconds(8),
    _ condition: @LoopActor @Sendable () -> Bool
) async throws {
    let endNs = MonotonicClock.nowNs + limit.nanoseconds
    while !(await condition()) {
        guard MonotonicClock.nowNs < endNs else {
            throw NotInTime(description: "not in time: \(what)")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// The engine's part for a microphone: takes the sound of every line that comes.
@LoopActor
final class Ear {
    let device: CaptureChoice
    private var observation: DeviceObservation<CaptureLine>?
    private(set) var lines = 0
    private(set) var absences = 0
    private(set) var statuses: [DeviceStatus.State] = []
    nonisolated let thread = EngineThread()

    init(_ device: CaptureChoice) {
        self.device = device
        observation = device.observe { [weak self] in
            self?.statuses.append($0.state)
        } onLine: { [weak self] line in
            guard let self else { return }
            if line == nil { absences += 1 } else { lines += 1 }
            thread.capture(line)
        }
    }

    var isRunning: Bool { device.line != nil }
    var isDisturbed: Bool {
        let status = device.status
        return status.stalls + status.stream.underruns + status.stream.overrunSamples > 0
    }
}

/// The engine's part for a loudspeaker: answers requests with `sound`, then with silence.
@LoopActor
final class Mouth {
    let device: PlaybackChoice
    private var observation: DeviceObservation<PlaybackLine>?
    private(set) var lines = 0
    private(set) var statuses: [DeviceStatus.State] = []
    nonisolated let thread = EngineThread()

    init(_ device: PlaybackChoice) {
        self.device = device
        observation = device.observe { [weak self] in
            self?.statuses.append($0.state)
        } onLine: { [weak self] line in
            guard let self else { return }
            if line != nil { lines += 1 }
            thread.play(line)
        }
    }

    var isRunning: Bool { device.line != nil }
    var isDisturbed: Bool {
        let status = device.status
        return status.stalls + status.stream.underruns + status.stream.overrunSamples > 0
    }
}

/// Everything that needs a real server, one after the other: sound suffers when two cores are busy.
@Suite(.serialized) enum WithServers {}

/// Measures again, up to five times, when the measurement answers nil: other builds on the machine
/// tear holes into the sound of servers that have no real-time rights here.
func undisturbed(_ measure: () async throws -> Any?) async throws {
    for _ in 1...5 where try await measure() != nil { return }
    Issue.record("the machine was too busy for five measurements")
}
