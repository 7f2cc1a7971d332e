import JSON

/// Everything that the daemon can be told, typed and checked. ``load(from:)`` makes one from files,
/// flags and environment; a new one holds the defaults.
public struct Settings: Sendable {
    public var audio = AudioSettings()
    public var opus = OpusSettings()
    public var jitter = JitterSettings()
    public var control = ControlSettings()
    public var reconnect = ReconnectSettings()
    public var logging = LoggingSettings()
    public var hosting = HostingSettings()
    /// Options for plugins, in the order of the files. Which plugins exist, config does not know.
    public var transports: [TransportSettings] = []
    public var sessions: [SessionSettings] = []

    /// The files that were read, in order.
    public internal(set) var files: [String] = []
    /// What is doubtful but does no harm.
    public internal(set) var warnings: [ConfigurationProblem] = []
    /// Where each key that somebody set comes from; ``origin(of:)`` knows the others too.
    var origins: [String: Origin] = [:]
    /// All files laid over each other: how options and session configs are printed with positions.
    var document = TomlTable()

    public init() {}

    /// Where the value of a key such as `opus.bitrate` or `session.kitchen.autostart` comes from.
    public func origin(of key: String) -> Origin { origins[key] ?? .standard }

    public subscript(transport id: String) -> TransportSettings? {
        transports.first { $0.id == id }
    }

    public subscript(session name: String) -> SessionSettings? {
        sessions.first { $0.name == name }
    }
}

public enum EchoCancellation: String, Sendable, CaseIterable {
    /// On, unless source and sink can't hear each other.
    case auto
    case on
    case off
}

/// The sound devices that sessions use unless they name their own.
public struct AudioSettings: Sendable, Equatable {
    /// Names, descriptions or `property=value`, with `*` and `?`; `default` is the server's. The first
    /// one that is present wins.
    public var source = ["default"]
    public var sink = ["default"]
    public var echoCancellation = EchoCancellation.auto
    /// Closes the microphone while the speaker plays.
    public var gate = false
    /// How much sound a device holds at first; it grows when the machine can't keep up.
    public var captureBuffer = Duration.milliseconds(5)
    public var playbackBuffer = Duration.milliseconds(10)
    /// 0 to 1.5; nil leaves what the sound server has.
    public var captureVolume: Double?
    public var playbackVolume: Double?
    /// `unix:/path` of the sound server; nil finds it as every PulseAudio client does.
    public var server: String?

    public init() {}
}

public enum OpusApplication: String, Sendable, CaseIterable {
    case voip
    case audio
    case lowDelay
}

public enum OpusFrameLength: String, Sendable, CaseIterable {
    case ms10 = "10ms"
    case ms20 = "20ms"
    case ms40 = "40ms"
    case ms60 = "60ms"

    public var milliseconds: Int {
        switch self {
        case .ms10: 10
        case .ms20: 20
        case .ms40: 40
        case .ms60: 60
        }
    }
}

/// How the encoder begins; what the network reports moves bit rate, loss and frame length.
public struct OpusSettings: Sendable, Equatable {
    public var application = OpusApplication.voip
    /// Bit per second.
    public var bitrate = 32_000
    public var complexity = 5
    /// In-band forward error correction.
    public var fec = true
    public var expectedLossPercent = 5
    /// Sends next to nothing in silence.
    public var dtx = false
    /// Unless the peer wants another.
    public var frame = OpusFrameLength.ms20

    public init() {}
}

/// The jitter buffer of packet audio.
public struct JitterSettings: Sendable, Equatable {
    /// Sound that is held back to wait for late packets.
    public var target = Duration.milliseconds(10)

    public init() {}
}

/// How a session is connected again after a break.
public struct ReconnectSettings: Sendable, Equatable {
    /// Wait before the second attempt; the first follows at once. Doubles each time.
    public var initial = Duration.milliseconds(500)
    public var maximum = Duration.seconds(30)
    /// Attempts before the session fails; 0 for no end.
    public var attempts = 0

    public init() {}
}

public enum LogLevel: String, Sendable, CaseIterable {
    case error
    case warning
    case info
    case debug
}

public struct LoggingSettings: Sendable, Equatable {
    public var level = LogLevel.info
    /// Whether the log may hold what people say.
    public var transcripts = false

    public init() {}
}

/// Where plugins are looked for, beside the usual places.
public struct HostingSettings: Sendable, Equatable {
    public var directories: [String] = []
    /// Directories whose plugins are loaded whoever owns them.
    public var trustedDirectories: [String] = []

    public init() {}
}
