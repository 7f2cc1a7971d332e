/// What a transport can do beyond carrying sound.
public struct TransportCapabilities: OptionSet, Sendable, Hashable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let interrupt = Self(rawValue: 1 << 0)
    public static let ownsOutputBuffer = Self(rawValue: 1 << 1)
    public static let remoteTruncates = Self(rawValue: 1 << 2)
    public static let muteRemote = Self(rawValue: 1 << 3)
    public static let historyEdit = Self(rawValue: 1 << 4)
    public static let tools = Self(rawValue: 1 << 5)
    public static let mcp = Self(rawValue: 1 << 6)
    public static let images = Self(rawValue: 1 << 7)
    public static let turnEvents = Self(rawValue: 1 << 8)
    public static let timelineMs = Self(rawValue: 1 << 9)
    public static let dtmf = Self(rawValue: 1 << 10)
    public static let listen = Self(rawValue: 1 << 11)
    public static let attachByCallID = Self(rawValue: 1 << 12)
    public static let messages = Self(rawValue: 1 << 13)
    public static let rawEvents = Self(rawValue: 1 << 14)
    public static let commitAudio = Self(rawValue: 1 << 15)
    public static let updateConfig = Self(rawValue: 1 << 16)

    /// The names of the control protocol, in the order of the bits. A bit that a later interface
    /// defines has no name here and is left out.
    public var names: [String] {
        Self.allNames.enumerated().filter { rawValue >> UInt64($0.offset) & 1 == 1 }.map(\.element)
    }

    private static let allNames = [
        "interrupt", "owns_output_buffer", "remote_truncates", "mute_remote", "history_edit",
        "tools",
        "mcp", "images", "turn_events", "timeline_ms", "dtmf", "listen", "attach_by_call_id",
        "messages", "raw_events", "commit_audio", "update_config",
    ]
}
