import EventLoop

/// Hands out devices so that all sessions on one device share one stream, however they came to it.
@LoopActor
public final class DevicePool {
    private let server: PulseServer
    /// For devices opened from now on.
    public var settings: StreamSettings
    private var captures: [String: Weak<CaptureDevice>] = [:]
    private var playbacks: [String: Weak<PlaybackDevice>] = [:]
    private var endedCaptures = DeviceCounters()
    private var endedPlaybacks = DeviceCounters()

    private struct Weak<Object: AnyObject> {
        weak var object: Object?
    }

    public init(server: PulseServer, settings: StreamSettings = StreamSettings()) {
        self.server = server
        self.settings = settings
    }

    /// The microphone that `preference` comes to, for as long as the choice is held.
    public func capture(_ preference: DevicePreference) -> CaptureChoice {
        CaptureChoice(preference: preference, server: server) { [self] name in
            if let present = captures[name]?.object { return present }
            let device = CaptureDevice(name: name, server: server, settings: settings) {
                [weak self] in self?.endedCaptures.add($0)
            }
            captures = captures.filter { $0.value.object != nil }
            captures[name] = Weak(object: device)
            return device
        }
    }

    /// The loudspeaker that `preference` comes to, for as long as the choice is held.
    public func playback(_ preference: DevicePreference) -> PlaybackChoice {
        PlaybackChoice(preference: preference, server: server) { [self] name in
            if let present = playbacks[name]?.object { return present }
            let device = PlaybackDevice(name: name, server: server, settings: settings) {
                [weak self] in self?.endedPlaybacks.add($0)
            }
            playbacks = playbacks.filter { $0.value.object != nil }
            playbacks[name] = Weak(object: device)
            return device
        }
    }

    // MARK: Figures

    /// Microphones in use, and those that are gone and whose return somebody waits for, by name.
    public var captureDevices: [CaptureDevice] {
        captures.values.compactMap(\.object).sorted { $0.name < $1.name }
    }

    /// Loudspeakers in use, and those that are gone and whose return somebody waits for, by name.
    public var playbackDevices: [PlaybackDevice] {
        playbacks.values.compactMap(\.object).sorted { $0.name < $1.name }
    }

    /// Of all microphones there were.
    public var captureCounters: DeviceCounters {
        captureDevices.reduce(into: endedCaptures) { $0.add($1.counters) }
    }

    /// Of all loudspeakers there were.
    public var playbackCounters: DeviceCounters {
        playbackDevices.reduce(into: endedPlaybacks) { $0.add($1.counters) }
    }
}
