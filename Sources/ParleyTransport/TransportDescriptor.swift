import CParleyTransport

/// What a plugin is: turned into the static descriptor of the C interface once.
public struct TransportDescriptor: Sendable {
    /// `[a-z0-9][a-z0-9.-]*`, at most 63 bytes.
    public var id: String
    /// For people.
    public var name: String
    /// A semantic version.
    public var version: String
    public var vendor: String?
    public var description: String?
    public var capabilities: Capabilities
    /// The longest connection the peer allows; 0 for no limit.
    public var maxSessionSeconds: UInt32
    /// nil for a plugin without options.
    public var options: OptionsSchema?
    /// Taken by ``TransportLayer/sendAudio(_:)``, best first; 1 to 16.
    public var formatsIn: [AudioFormat]
    /// Given to ``TransportHost/audio(_:_:)``, best first; 1 to 16.
    public var formatsOut: [AudioFormat]

    public init(
        id: String, name: String, version: String, vendor: String? = nil,
        description: String? = nil, capabilities: Capabilities, maxSessionSeconds: UInt32 = 0,
        options: OptionsSchema? = nil, formatsIn: [AudioFormat], formatsOut: [AudioFormat]
    ) {
        self.id = id
        self.name = name
        self.version = version
        self.vendor = vendor
        self.description = description
        self.capabilities = capabilities
        self.maxSessionSeconds = maxSessionSeconds
        self.options = options
        self.formatsIn = formatsIn
        self.formatsOut = formatsOut
    }
}

/// What a transport can do. What it does not claim is answered `not_supported` by the daemon.
public struct Capabilities: OptionSet, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Command interrupt.
    public static let interrupt = Capabilities(rawValue: 1 << 0)
    /// The peer keeps the speech queue, not the daemon.
    public static let ownOutputBuffer = Capabilities(rawValue: 1 << 1)
    /// The peer learns how much was heard.
    public static let remoteTruncate = Capabilities(rawValue: 1 << 2)
    /// Command mute: the peer is told.
    public static let muteRemote = Capabilities(rawValue: 1 << 3)
    /// resetHistory.
    public static let editHistory = Capabilities(rawValue: 1 << 4)
    /// function_call, sendFunctionCallOutput.
    public static let tools = Capabilities(rawValue: 1 << 5)
    /// mcp events, sendMcpResponse.
    public static let mcp = Capabilities(rawValue: 1 << 6)
    /// addImage.
    public static let images = Capabilities(rawValue: 1 << 7)
    /// turn_started, turn_done; requestResponse.
    public static let turnEvents = Capabilities(rawValue: 1 << 8)
    /// Events carry positions in ms of input audio.
    public static let timelineMs = Capabilities(rawValue: 1 << 9)
    /// sendDtmf, event dtmf.
    public static let dtmf = Capabilities(rawValue: 1 << 10)
    /// The transport can be called.
    public static let listen = Capabilities(rawValue: 1 << 11)
    /// Option callId joins a running call.
    public static let attachByCallID = Capabilities(rawValue: 1 << 12)
    /// sendMessage.
    public static let messages = Capabilities(rawValue: 1 << 13)
    /// sendEvent, transport_event.
    public static let rawEvents = Capabilities(rawValue: 1 << 14)
    /// commitAudio, clearAudio: push to talk.
    public static let commitAudio = Capabilities(rawValue: 1 << 15)
    /// updateSessionConfig.
    public static let updateConfig = Capabilities(rawValue: 1 << 16)
}
