/// A source (microphone) or sink (loudspeaker) of the sound server; a snapshot.
public struct AudioDevice: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable { case source, sink }
    public enum State: String, Sendable, Hashable { case running, idle, suspended, unknown }

    public var kind: Kind
    /// The server's number; another one after a restart.
    public var index: UInt32
    /// Stable over restarts, unique per kind: `alsa_input.usb-Jabra…`.
    public var name: String
    /// For people.
    public var description: String
    public var properties: [String: String]
    public var state: State
    public var rateHz: Int
    public var channels: Int
    /// Loudest channel; 1 is 0 dB on the server's cubic scale.
    public var volume: Double
    public var isMuted: Bool
    /// A source that hears a sink instead of a room.
    public var isMonitor: Bool
    /// What the server gives to programs that name no device.
    public var isDefault: Bool
    /// The server's name for the code behind it, "module-alsa-card.c"; empty where unknown.
    public var driver = ""
    /// The sink that a monitor hears.
    public var monitoredSink: UInt32?

    public init(
        kind: Kind, index: UInt32, name: String, description: String = "",
        properties: [String: String] = [:], state: State = .idle, rateHz: Int = 48_000,
        channels: Int = 2, volume: Double = 1, isMuted: Bool = false, isMonitor: Bool = false,
        isDefault: Bool = false
    ) {
        self.kind = kind
        self.index = index
        self.name = name
        self.description = description
        self.properties = properties
        self.state = state
        self.rateHz = rateHz
        self.channels = channels
        self.volume = volume
        self.isMuted = isMuted
        self.isMonitor = isMonitor
        self.isDefault = isDefault
    }
}

/// What changed among the devices.
public enum DeviceEvent: Sendable, Hashable {
    case added(AudioDevice)
    case changed(AudioDevice)
    case removed(AudioDevice)
}
