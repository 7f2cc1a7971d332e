import JSON

/// A session that config asks for: one `[[session]]`.
public struct SessionSettings: Sendable, Equatable {
    /// Unique; works wherever a session id does.
    public var name = ""
    /// Id of the transport.
    public var transport = ""
    /// Whether it starts with the daemon.
    public var autostart = true
    public var local = LocalSettings()
    public var reconnect = ReconnectSettings()
    /// For the plugin, over those of `[transports.<id>]`; secrets taken out.
    public var options = JSONObject()
    /// By name of the option.
    public var secrets: [String: BoundSecret] = [:]
    public var allowsInsecure: Bool?
    /// The realtime session config.
    public var sessionConfig = JSONObject()

    public init() {}
}

public enum LocalKind: String, Sendable, CaseIterable {
    case devices
    case stream
}

/// The local leg. The device members belong to `devices`, `rate` to `stream`; nil means what
/// `[audio]` or the transport has.
public struct LocalSettings: Sendable, Equatable {
    public var kind = LocalKind.devices
    public var source: [String]?
    public var sink: [String]?
    public var echoCancellation: EchoCancellation?
    public var gate: Bool?
    public var format: StreamFormat?
    /// Hertz: 8000, 16000, 24000 or 48000.
    public var rate: Int?

    public init() {}
}

public enum StreamFormat: String, Sendable, CaseIterable {
    case pcm16 = "pcm_s16le"
}
