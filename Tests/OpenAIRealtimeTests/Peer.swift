import JSON
import OpenAIRealtime
import ParleyTransport

/// A client in virtual time, with what it did since the last look.
struct Peer {
    var client: RealtimeClient
    var nowNs: UInt64 = 1_000_000_000
    /// Since the last ``take()``, in order.
    private var effects: [Effect] = []
    /// What ``Effect/sendAudio`` sent.
    private(set) var sound: [[UInt8]] = []
    /// What the engine was given, by item.
    private(set) var speech: [String: [UInt8]] = [:]

    init(
        _ settings: ClientSettings = ClientSettings(), config: JSONObject = [:],
        items: [JSONValue] = []
    ) {
        client = RealtimeClient(settings, config: config, items: items)
    }

    init(_ client: RealtimeClient) { self.client = client }

    static let greeting: JSONValue = [
        "type": "session.created", "event_id": "e",
        "session": ["type": "realtime", "audio": [:], "tracing": "auto"],
    ]

    static func ready(
        _ settings: ClientSettings = ClientSettings(), config: JSONObject = [:],
        items: [JSONValue] = [], interruptResponse: Bool? = nil
    ) -> Peer {
        var peer = Peer(settings, config: config, items: items)
        peer.connect(interruptResponse: interruptResponse)
        _ = peer.take()
        return peer
    }

    mutating func connect(interruptResponse: Bool? = nil, expiresAt: Int64? = nil) {
        open()
        hear(Self.greeting)
        var session: JSONObject = ["type": "realtime"]
        session["expires_at"] = expiresAt.map { .integer($0) }
        if let interruptResponse {
            session["audio"] = [
                "input": ["turn_detection": ["interrupt_response": .bool(interruptResponse)]]
            ]
        }
        hear(["type": "session.updated", "session": .object(session)])
    }

    mutating func open() {
        client.opened(nowNs: nowNs, unixSeconds: 1_000_000)
        gather()
    }

    mutating func hear(_ event: JSONValue) { hear(text: event.serialized()) }

    mutating func hear(text: String) { hear(bytes: Array(text.utf8)) }

    mutating func hear(bytes: [UInt8]) {
        bytes.withUnsafeBytes { client.receive($0, nowNs: nowNs) }
        gather()
    }

    @discardableResult
    mutating func perform(
        _ command: TransportCommand, id: CommandID = 1
    ) throws(TransportError) -> RealtimeClient.Answer {
        defer { gather() }
        return try client.perform(command, id: id, nowNs: nowNs)
    }

    mutating func play(_ playback: Playback) {
        client.playback(playback, nowNs: nowNs)
        gather()
    }

    mutating func speak(ms: Int, value: UInt8 = 7) {
        let bytes = [UInt8](repeating: value, count: ms * 48)
        bytes.withUnsafeBytes { client.microphone($0) }
        gather()
    }

    mutating func wait(ms: UInt64) {
        nowNs += ms * 1_000_000
        client.advance(nowNs: nowNs)
        gather()
    }

    mutating func gather() {
        while let effect = client.nextEffect() {
            switch effect {
            case .sendAudio: sound.append(client.audioMessage)
            case .speech(let piece):
                speech[piece.itemID, default: []] += client.speechBytes[piece.byteRange]
            default: break
            }
            effects.append(effect)
        }
    }

    mutating func take() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    /// The events that were sent, without the client's own ids.
    mutating func takeSent() -> [JSONValue] { take().sent }

    // MARK: What servers say

    mutating func beginResponse(_ id: String) {
        hear(["type": "response.created", "response": ["id": .string(id)]])
    }

    mutating func endResponse(_ id: String, status: String = "completed") {
        hear([
            "type": "response.done",
            "response": ["id": .string(id), "status": .string(status), "output": []],
        ])
    }

    /// `ms` of silence as PCM at 24 kHz.
    mutating func hearSpeech(_ item: String, response: String?, ms: Int, contentIndex: Int = 0) {
        var event: JSONObject = [
            "type": "response.output_audio.delta", "event_id": "e", "item_id": .string(item),
            "content_index": .integer(Int64(contentIndex)), "output_index": 0,
        ]
        event["response_id"] = response.map { .string($0) }
        event["delta"] = .string(String(repeating: "AAAA", count: ms * 48 / 3))
        hear(.object(event))
    }

    mutating func endSpeech(_ item: String, response: String) {
        hear([
            "type": "response.output_audio.done", "item_id": .string(item),
            "response_id": .string(response), "content_index": 0,
        ])
    }

    mutating func hearFault(_ code: String, of eventID: String?, param: String? = nil) {
        var fault: JSONObject = [
            "type": "invalid_request_error", "code": .string(code), "message": "no",
        ]
        fault["event_id"] = eventID.map { .string($0) }
        fault["param"] = param.map { .string($0) }
        hear(["type": "error", "error": .object(fault)])
    }
}

extension [Effect] {
    var sentEvents: [JSONValue] {
        compactMap { effect in
            guard case .send(let bytes) = effect else { return nil }
            return try? JSONValue(parsing: bytes)
        }
    }

    var sent: [JSONValue] {
        sentEvents.map { event in
            guard var object = event.objectValue else { return event }
            if object["event_id"]?.stringValue?.hasPrefix("parley_") == true {
                object["event_id"] = nil
            }
            return .object(object)
        }
    }

    /// The id of the last event of a type that was sent.
    func lastID(_ type: String) -> String? {
        sentEvents.last { $0["type"]?.stringValue == type }?["event_id"]?.stringValue
    }

    var events: [TransportEvent] {
        compactMap { if case .event(let event) = $0 { event } else { nil } }
    }

    var types: [String] { events.map(\.type) }

    var disconnect: DisconnectReason? {
        for case .disconnect(let reason) in self { return reason }
        return nil
    }
}

func position(_ item: String?, heardMs: UInt64, receivedMs: UInt64, index: Int = 0)
    -> PlaybackPosition
{
    PlaybackPosition(
        itemID: item, contentIndex: index, rateHz: 24000, heardSamples: heardMs * 24,
        receivedSamples: receivedMs * 24)
}

func truncation(_ item: String, ms: Int64, index: Int64 = 0) -> JSONValue {
    [
        "type": "conversation.item.truncate", "item_id": .string(item),
        "content_index": .integer(index), "audio_end_ms": .integer(ms),
    ]
}
