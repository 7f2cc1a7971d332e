import ParleyTransport

/// What the fake peer is like: the options of the plugin, checked.
struct LoopbackOptions {
    enum Mode: String { case echo, tone, silence }
    enum Retry: String { case now, later, never, ended }

    var format = AudioFormat.pcm24000
    var frameMs = 20
    var mode = Mode.echo
    var toneHz = 440.0
    var packets = false
    var seed: UInt64 = 1
    var network = ImpairmentSchedule.Settings()
    var driftPpm = 0.0
    var burstNs: UInt64?
    var gate = false
    var gateTailNs: UInt64 = 250_000_000
    var connectDelayNs: UInt64 = 0
    var refuse: String?
    var disconnectAfterNs: UInt64?
    var disconnectRetry = Retry.now
    var crashAfterNs: UInt64?
    var hangAfterNs: UInt64?
    var needSecret: String?
    var script = LoopbackScript()

    init() {}

    /// Names that `format` takes, best first.
    static let formats: [(name: String, format: AudioFormat)] = [
        ("pcm_s16le/24000", .pcm24000), ("pcm_s16le/48000", .pcm48000),
        ("pcm_s16le/16000", .pcm16000), ("pcm_s16le/8000", .pcm8000), ("opus", .opus),
        ("pcmu", .pcmu), ("pcma", .pcma),
    ]

    static let schema = OptionsSchema([
        .string(
            "format", "Audio in both directions.", default: "pcm_s16le/24000",
            choices: formats.map(\.name)),
        .integer("frameMs", "Length of a frame: 10, 20, 40 or 60.", default: 20, in: 10...60),
        .string(
            "mode", "echo gives back what it hears; tone and silence do not listen.",
            default: "echo", choices: ["echo", "tone", "silence"]),
        .number("toneHz", "Pitch of the tone.", default: 440, in: 20...3800),
        .boolean(
            "packets", "Real-time packets with RTP numbers; always so with opus.", default: false),
        .integer("seed", "The same seed gives the same run.", default: 1, in: 0...Int(Int32.max)),
        .number("delayMs", "The echo comes back so much later.", default: 0, in: 0...60_000),
        .number("jitterMs", "Added to the delay, from 0 to this.", default: 0, in: 0...10_000),
        .number("lossPercent", "Frames that never arrive.", default: 0, in: 0...100),
        .number("duplicatePercent", "Frames that arrive twice.", default: 0, in: 0...100),
        .number(
            "reorderPercent", "Frames that the next one overtakes.", default: 0, in: 0...100),
        .number(
            "driftPpm", "How fast (above 0) or slow the peer's clock runs.", default: 0,
            in: -100_000...100_000),
        .number(
            "burst", "Collects so many ms, then delivers them at once as an item; 0 is off.",
            default: 0, in: 0...60_000),
        .boolean("gate", "Does not listen while it plays: half duplex.", default: false),
        .number(
            "gateTailMs", "How long after playing it starts to listen again.", default: 250,
            in: 0...5000),
        .number("connectDelayMs", "How long connecting takes.", default: 0, in: 0...60_000),
        .string("refuse", "Refuses to connect, for this reason; empty is off.", default: ""),
        .number(
            "disconnectAfterS", "Ends the connection so long after it stood; 0 is off.",
            default: 0, in: 0...86_400),
        .string(
            "disconnectRetry", "What that disconnect says about trying again.", default: "now",
            choices: ["now", "later", "never", "ended"]),
        .number(
            "crashAfterS", "Kills its process so long after it was connected; 0 is off.",
            default: 0, in: 0...86_400),
        .number(
            "hangAfterS", "Blocks its process so long after it was connected; 0 is off.",
            default: 0, in: 0...86_400),
        .string(
            "needSecret", "Asks for this secret before it connects; empty is off.", default: ""),
        .secret("apiKey", "A secret to ask for; what it is does not matter."),
        .object(
            "script", "What the peer does by itself: {\"steps\": [...]}, see Plugins/README.md."),
    ])
}

extension LoopbackOptions {
    /// Checks here too: a transport trusts nobody.
    init(_ object: JSONObject) throws(TransportError) {
        self.init()
        var reader = OptionReader(object)
        let formatName = try reader.string("format") ?? "pcm_s16le/24000"
        guard let known = Self.formats.first(where: { $0.name == formatName }) else {
            throw OptionReader.fault("format", "must be one of \(Self.formats.map(\.name))")
        }
        format = known.format
        frameMs = Int(try reader.number("frameMs", 10...60) ?? 20)
        guard [10, 20, 40, 60].contains(frameMs) else {
            throw OptionReader.fault("frameMs", "must be 10, 20, 40 or 60")
        }
        mode = try reader.choice("mode", Mode.init(rawValue:)) ?? .echo
        toneHz = try reader.number("toneHz", 20...3800) ?? 440
        packets = try reader.bool("packets") ?? false
        seed = UInt64(try reader.number("seed", 0...Double(Int32.max)) ?? 1)
        network.delayNs = try reader.ms("delayMs", upTo: 60_000) ?? 0
        network.jitterNs = try reader.ms("jitterMs", upTo: 10_000) ?? 0
        network.lossPercent = try reader.number("lossPercent", 0...100) ?? 0
        network.duplicatePercent = try reader.number("duplicatePercent", 0...100) ?? 0
        network.reorderPercent = try reader.number("reorderPercent", 0...100) ?? 0
        driftPpm = try reader.number("driftPpm", -100_000...100_000) ?? 0
        burstNs = try reader.ms("burst", upTo: 60_000).flatMap { $0 > 0 ? $0 : nil }
        gate = try reader.bool("gate") ?? false
        gateTailNs = try reader.ms("gateTailMs", upTo: 5000) ?? 250_000_000
        connectDelayNs = try reader.ms("connectDelayMs", upTo: 60_000) ?? 0
        refuse = try reader.text("refuse")
        disconnectAfterNs = try reader.seconds("disconnectAfterS")
        disconnectRetry = try reader.choice("disconnectRetry", Retry.init(rawValue:)) ?? .now
        crashAfterNs = try reader.seconds("crashAfterS")
        hangAfterNs = try reader.seconds("hangAfterS")
        needSecret = try reader.text("needSecret")
        if let value = reader.value("script") { script = try LoopbackScript(value) }
        try reader.refuseUnknown()
        try checkTogether()
    }

    private mutating func checkTogether() throws(TransportError) {
        if format == .opus { packets = true }
        guard burstNs == nil || !packets else {
            throw OptionReader.fault(
                "burst", "goes with PCM and G.711 without 'packets': real-time packets never burst")
        }
        guard !gate || network.delayNs > 0 else {
            throw OptionReader.fault(
                "gate", "needs 'delayMs': it listens for that long, then plays")
        }
    }
}
