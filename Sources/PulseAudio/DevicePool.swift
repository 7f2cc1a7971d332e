import EventLoop

/// Hands out devices so that all sessions with one preference share one stream.
@LoopActor
public final class DevicePool {
    private let server: PulseServer
    /// For devices opened from now on.
    public var settings: StreamSettings
    private var captures: [DevicePreference: Weak<CaptureDevice>] = [:]
    private var playbacks: [DevicePreference: Weak<PlaybackDevice>] = [:]

    private struct Weak<Object: AnyObject> {
        weak var object: Object?
    }

    public init(server: PulseServer, settings: StreamSettings = StreamSettings()) {
        self.server = server
        self.settings = settings
    }

    /// The microphone for `preference`: opened now, or the one that others hold.
    public func capture(_ preference: DevicePreference) -> CaptureDevice {
        if let present = captures[preference]?.object { return present }
        let device = CaptureDevice(preference: preference, server: server, settings: settings)
        captures[preference] = Weak(object: device)
        return device
    }

    /// The loudspeaker for `preference`: opened now, or the one that others hold.
    public func playback(_ preference: DevicePreference) -> PlaybackDevice {
        if let present = playbacks[preference]?.object { return present }
        let device = PlaybackDevice(preference: preference, server: server, settings: settings)
        playbacks[preference] = Weak(object: device)
        return device
    }
}
