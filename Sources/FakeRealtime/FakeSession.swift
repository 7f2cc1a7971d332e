import AudioCore
import JSON

/// A server's side of one Realtime connection: what it answers, and when. No socket, no clock: time is a
/// parameter in ns. It keeps to what the real server does where clients can tell the difference, and
/// does what ``FakeOptions`` ask for.
public struct FakeSession: ~Copyable {
    public enum Output: Equatable {
        /// A text message.
        case send(String)
        case sendBinary([UInt8])
        /// A text message of these bytes, whatever they are.
        case sendGarbled([UInt8])
        /// From here on text is sent in fragments of one byte.
        case sendFragments
        /// Each line of the file is a text message.
        case sendLines(path: String)
        case close(code: UInt16, reason: String)
        /// The TCP connection is to be reset.
        case reset
        /// Nothing is to be read nor written for ``FakeOptions/stallMs``.
        case stall
    }

    let options: FakeOptions
    var config: FakeConfig
    var items: FakeItems
    private let idInfix: String
    var detector = VoiceDetector()
    var response: FakeResponse?
    /// When the running response stops, and why.
    var cancellation: (dueNs: UInt64, reason: String)?
    var outputs: [Output] = []
    /// Samples of input since the last commit.
    var bufferedSamples = 0
    var hasSpoken = false
    var nowNs: UInt64
    /// The user's item that speech which is going on will become.
    var spokenItem: String?
    private let expireNs: UInt64
    private var isOver = false
    private var lastEvent = 0
    private var lastResponse = 0
    /// Answers so far.
    private(set) var turnCount = 0
    private var delayed: [(dueNs: UInt64, event: JSONObject)] = []

    /// Begins with `session.created`, which ``advance(nowNs:)`` gives.
    ///
    /// - Parameters:
    ///   - unixSeconds: the time of day, for `expires_at`.
    ///   - connection: its number, from 1: makes the ids of each connection different from the others'.
    public init(
        model: String, options: FakeOptions, nowNs: UInt64, unixSeconds: Int64, connection: Int = 1
    ) {
        self.options = options
        self.nowNs = nowNs
        idInfix = connection > 1 ? "\(connection)_" : ""
        items = FakeItems(idInfix: idInfix)
        expireNs = nowNs + UInt64(options.expireSeconds * 1e9)
        config = FakeConfig(
            model: model.isEmpty ? "gpt-realtime-2.1" : model, id: "sess_fake_\(nowNs)",
            expiresAt: unixSeconds + Int64(options.expireSeconds))
        emit("session.created", ["session": .object(config.session)])
    }

    /// When ``advance(nowNs:)`` has something to say.
    public var nextDueNs: UInt64 {
        if !outputs.isEmpty { return nowNs }
        return min(
            expireNs, response?.nextDueNs ?? .max, cancellation?.dueNs ?? .max,
            delayed.map(\.dueNs).min() ?? .max)
    }

    // MARK: In

    /// Takes a text message of the client.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer, nowNs: UInt64) -> [Output] {
        self.nowNs = nowNs
        guard !isOver else { return [] }
        guard let event = try? JSONValue(parsing: bytes).objectValue else {
            fail("invalid_json", "The message is no JSON object.", of: [:])
            return take()
        }
        guard let type = event["type"]?.stringValue else {
            fail("missing_type", "Missing required parameter: 'type'.", of: event)
            return take()
        }
        if let fault = options.fault, fault.at == type, act(fault, on: event) { return take() }
        handle(type, event)
        return take()
    }

    /// Does what is due.
    public mutating func advance(nowNs: UInt64) -> [Output] {
        self.nowNs = nowNs
        guard !isOver else { return take() }
        if nowNs >= expireNs {
            fail(
                "session_expired", "Your session hit the maximum duration of 60 minutes.", of: [:])
            end(.close(code: 1_001, reason: "session expired"))
            return take()
        }
        let due = delayed.filter { $0.dueNs <= nowNs }
        delayed.removeAll { $0.dueNs <= nowNs }
        for (_, event) in due { send(event) }
        advanceResponse()
        advanceCancellation()
        return take()
    }

    private mutating func take() -> [Output] {
        defer { outputs = [] }
        return outputs
    }

    private mutating func end(_ output: Output) {
        outputs.append(output)
        isOver = true
    }

    // MARK: Faults

    /// - Returns: whether the event is dealt with.
    private mutating func act(_ fault: FakeOptions.Fault, on event: JSONObject) -> Bool {
        switch fault.kind {
        case .reset: end(.reset)
        case .stall where options.stallMs > 0: outputs.append(.stall)
        case .stall: end(.stall)
        case .close:
            end(.close(code: UInt16(clamping: options.closeCode), reason: options.errorCode))
        case .error: fail(options.errorCode, "An error on demand.", of: event)
        case .malformed:
            outputs += [
                .send("{\"type\":"), .send("[]"), .send("{}"), .send("{\"type\":7}"),
                .send("{\"type\":\"response.output_audio.delta\",\"delta\":null}"),
                .send("{\"type\":\"response.done\",\"response\":\"none\"}"),
                .send(
                    "{\"type\":\"response.output_audio.delta\",\"item_id\":\"x\",\"delta\":\"\"}"),
                .send(
                    "{\"type\":\"response.output_audio.delta\",\"item_id\":\"x\",\"delta\":\"*\"}"),
                .send("{\"type\":\"conversation.item.added\",\"item\":{\"id\":[]}}"),
                .send("{\"type\":\"fake.unknown\",\"x\":1}"), .sendBinary([0, 1, 2, 255]),
            ]
            return false
        case .huge:
            sendFiller((16 << 20) - 1_024)
            return false
        case .oversized:
            sendFiller((16 << 20) + 1)
            return false
        case .garbled:
            // A lone continuation byte, an overlong form, and a surrogate (RFC 3629).
            let bytes: [UInt8] = [0x80, 0xC0, 0xAF, 0xED, 0xA0, 0x80]
            outputs.append(
                .sendGarbled(Array("{\"type\":\"fake.garbled\",\"x\":\"".utf8) + bytes))
            return false
        case .fragments:
            outputs.append(.sendFragments)
            return false
        case .script:
            outputs.append(.sendLines(path: options.script))
            return false
        }
        return true
    }

    private mutating func sendFiller(_ count: Int) {
        let filler = String(repeating: "x", count: count)
        outputs.append(.send("{\"type\":\"fake.huge\",\"filler\":\"\(filler)\"}"))
    }

    // MARK: Out

    /// Sends an event with an id of its own.
    mutating func emit(_ type: String, _ members: JSONObject = [:], afterMs: Double = 0) {
        lastEvent += 1
        var event: JSONObject = ["type": .string(type), "event_id": "event_\(lastEvent)"]
        for (name, value) in members.members { event[name] = value }
        if afterMs > 0 {
            delayed.append((nowNs + UInt64(afterMs * 1e6), event))
        } else {
            send(event)
        }
    }

    private mutating func send(_ event: JSONObject) {
        switch options.dialect {
        case .ga: outputs.append(.send(JSONValue.object(event).serialized()))
        case .beta:
            if let changed = BetaDialect.event(event) {
                outputs.append(.send(JSONValue.object(changed).serialized()))
            }
        }
    }

    /// Answers an event that can't be done.
    mutating func fail(
        _ code: String, _ message: String, of event: JSONObject, parameter: String? = nil
    ) {
        emit(
            "error",
            [
                "error": [
                    "type": "invalid_request_error", "code": .string(code),
                    "message": .string(message), "param": parameter.map { .string($0) } ?? nil,
                    "event_id": event["event_id"] ?? nil,
                ]
            ])
    }

    mutating func nextResponseID() -> String {
        lastResponse += 1
        return "resp_\(idInfix)\(lastResponse)"
    }

    /// What is answered in this turn.
    mutating func nextAnswer() -> String {
        defer { turnCount += 1 }
        return options.answers[min(turnCount, options.answers.count - 1)]
    }

    /// What the user is said to have said, in the turn that is answered next.
    var nextHeard: String { options.heard[min(turnCount, options.heard.count - 1)] }
}
