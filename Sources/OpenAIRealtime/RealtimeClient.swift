import JSON
import ParleyTransport

/// The client's side of the OpenAI Realtime protocol, as a value: no I/O, no clock.
///
///     server's messages ──► receive ─┐                    ┌─► send, sendAudio   to the server
///     TransportLayer    ──► perform ─┤                    ├─► rawEvent, event   to the daemon
///     microphone        ──► microphone ┤  RealtimeClient  ├─► speech, interrupt
///     device clock      ──► playback ┤                    ├─► connected, formats, disconnect
///     time              ──► advance ─┘                    └─► complete, rollOver, statistics, log
///
/// One value is one connection. After every call its owner carries out ``nextEffect()`` until that
/// is nil, in order, and arms one timer for ``nextDueNs``. `nowNs` is a monotonic clock. After
/// ``Effect/disconnect(_:)`` the value is spent; the next connection is a new one, or
/// ``successor()``. A transport that keeps it as a property of a class moves nothing: every call
/// changes it in place.
public struct RealtimeClient: Sendable {
    let settings: ClientSettings
    var phase = Phase.idle
    /// The config as asked for; what the server has may be older.
    public internal(set) var configuration: SessionConfiguration
    /// In force: what the microphone must be, and what the speech is.
    public internal(set) var inputFormat: AudioFormat
    public internal(set) var outputFormat: AudioFormat
    var dialect: SessionConfiguration.Dialect
    var updates: [PendingUpdate] = []
    var tracing = Tracing()
    var ownEvents = OwnEvents()
    var sequencer = ResponseSequencer()
    var items = ConversationItems()
    var ledger = SpeechLedger()
    var input = InputBuffer()
    var backlog: MicrophoneBacklog
    var rollOver: RollOver
    var usage = UsageTotals()
    var rateLimits: [JSONValue] = []
    var deferred: [(id: CommandID, command: TransportCommand)] = []
    /// Items to give the server when it is configured.
    var restored: [JSONValue]
    /// Items given to the server whose echo is no news.
    var echoes: Set<String> = []
    var announcedCalls: Set<String> = []
    var turns = TurnDetection()
    /// Whether the user speaks, as far as the server says.
    var isUserSpeaking = false
    /// The user has spoken, and the server begins to answer by itself; it has until then.
    var answerDueNs: UInt64?
    /// Until then `output_audio_buffer.cleared` is the answer to our own clear.
    var ownClearUntilNs: UInt64 = 0
    var lastFault: ServerFault?
    var malformedCount = 0
    var approvalCount = 0
    var lastSpeech = LastSpeech()
    var openedNs: UInt64 = 0
    var openedUnixSeconds: Int64 = 0

    private var effects: [Effect] = []
    private var nextIndex = 0

    /// The event of ``Effect/sendAudio``, until the next call of ``microphone(_:)``.
    public internal(set) var audioMessage: [UInt8] = []
    /// The samples of ``Effect/speech(_:)``, until the next call of ``receive(_:nowNs:)``.
    public internal(set) var speechBytes: [UInt8] = []

    /// - Parameters:
    ///   - config: the session config of the daemon.
    ///   - items: the conversation before a reconnect, in the shape of `item_update`.
    public init(_ settings: ClientSettings, config: JSONObject = [:], items: [JSONValue] = []) {
        self.init(
            settings, configuration: SessionConfiguration(config, model: settings.model),
            items: items)
    }

    init(_ settings: ClientSettings, configuration: SessionConfiguration, items: [JSONValue]) {
        self.settings = settings
        self.configuration = configuration
        inputFormat = configuration.inputFormat
        outputFormat = configuration.outputFormat
        dialect = settings.dialect ?? .generalAvailability
        backlog = MicrophoneBacklog(
            limit: settings.backlogMs * Self.bytesPerMs(configuration.inputFormat))
        rollOver = RollOver(settings.rollOver)
        restored = items
    }

    enum Phase: Sendable, Equatable {
        case idle
        /// The socket is open; the server has not said hello, so its dialect is unknown.
        case greeting(untilNs: UInt64)
        /// `session.update` was sent.
        case configuring(eventID: String, untilNs: UInt64)
        case ready
        case over
    }

    struct PendingUpdate: Sendable {
        var eventID: String
        /// Whose command it is; nil for the client's own.
        var command: CommandID?
        /// What holds again if the server refuses.
        var before: SessionConfiguration
        /// What holds when it is acknowledged.
        var asked: SessionConfiguration
        var untilNs: UInt64
    }

    /// What the frame before belonged to, so that the next makes no strings.
    struct LastSpeech: Sendable {
        var itemID = ""
        var responseID: String?
    }

    public var isConnected: Bool { phase == .ready }

    static func bytesPerMs(_ format: AudioFormat) -> Int {
        max(1, format.rateHz * (format.bytesPerSample ?? 1) / 1000)
    }

    // MARK: Effects

    /// What to do next; nil when all is done. Effects may be asked for within the carrying out of
    /// one.
    public mutating func nextEffect() -> Effect? {
        guard nextIndex < effects.count else {
            effects.removeAll(keepingCapacity: true)
            nextIndex = 0
            return nil
        }
        defer { nextIndex += 1 }
        return effects[nextIndex]
    }

    mutating func emit(_ effect: Effect) { effects.append(effect) }
    mutating func emit(_ event: TransportEvent) { effects.append(.event(event)) }

    mutating func send(_ event: JSONObject) {
        var bytes: [UInt8] = []
        JSONValue.object(event).serialize(into: &bytes)
        effects.append(.send(bytes))
    }

    /// Sends an event of the client's own, under an id by which a refusal is known.
    mutating func send(_ purpose: OwnEvents.Purpose, _ event: JSONObject) {
        var event = event
        event["event_id"] = .string(ownEvents.id(for: purpose))
        send(event)
    }

    mutating func send(_ create: ResponseSequencer.Create?) {
        if let create { send(create.event) }
    }

    // MARK: Time

    /// When ``advance(nowNs:)`` has something to do.
    public var nextDueNs: UInt64? {
        var due: [UInt64] = updates.map(\.untilNs)
        switch phase {
        case .greeting(let untilNs), .configuring(_, let untilNs): due.append(untilNs)
        case .ready: if let dueNs = rollOver.dueNs { due.append(dueNs) }
        case .idle, .over: return nil
        }
        return due.min()
    }

    public mutating func advance(nowNs: UInt64) {
        switch phase {
        case .greeting(let untilNs) where nowNs >= untilNs:
            configure(nowNs)
        case .configuring(_, let untilNs) where nowNs >= untilNs:
            end(
                DisconnectReason(
                    .now, code: "no_acknowledgement",
                    message: "the server did not acknowledge the session config within"
                        + " \(settings.acknowledgeMs) ms"))
        case .ready where rollOver.takeDue(nowNs: nowNs):
            emit(.rollOver)
        default: break
        }
        while let late = updates.first(where: { $0.untilNs <= nowNs }) {
            updates.removeAll { $0.eventID == late.eventID }
            complete(
                late.command,
                TransportError(
                    .failed, "the server did not acknowledge the new session config; see its events"
                ))
        }
    }

    mutating func complete(_ id: CommandID?, _ error: TransportError? = nil) {
        if let id { emit(.complete(id, error)) }
    }
}
