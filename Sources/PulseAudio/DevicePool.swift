import EventLoop

/// Hands out devices so that all sessions on one device share one stream, however they came to it.
@LoopActor
public final class DevicePool {
    private let server: PulseServer
    /// For devices opened from now on.
    public var settings: StreamSettings
    private var captures: [String: Weak<CaptureDevice>] = [:]
    private var playbacks: [String: Weak<PlaybackDevice>] = [:]

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
            let device = CaptureDevice(name: name, server: server, settings: settings)
            captures[name] = Weak(object: device)
            return device
        }
    }

    /// The loudspeaker that `preference` comes to, for as long as the choice is held.
    public func playback(_ preference: DevicePreference) -> PlaybackChoice {
        PlaybackChoice(preference: preference, server: server) { [self] name in
            if let present = playbacks[name]?.object { return present }
            let device = PlaybackDevice(name: name, server: server, settings: settings)
            playbacks[name] = Weak(object: device)
            return device
        }
    }
}
