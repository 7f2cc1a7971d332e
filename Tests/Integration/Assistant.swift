import Control
import FakeRealtime
import Foundation
import JSON
import SoundServer
import Testing

/// Conversations with a fake Realtime server.
extension DaemonUnderTest {
    /// Transcripts of the user, which the API makes only on demand.
    static let transcribing: JSONObject = [
        "audio": ["input": ["transcription": ["model": "gpt-transcribe"]]]
    ]

    /// Puts the transport in place and makes a session `line` on a stream leg, with a key unless `options` say whether
    /// and which.
    ///
    /// - Returns: a client that gets all events of the session.
    func converse(
        _ url: String, options: JSONObject = [:], config: JSONObject = transcribing,
        local: JSONValue = ["kind": "stream", "rate": 24_000], reconnect: JSONValue = true,
        wait: Bool = true
    ) throws -> ControlClient {
        try installAssistant()
        let client = try client()
        _ = try client.call("events.subscribe")
        var all = options
        all["url"] = .string(url)
        if all["apiKey"] == nil, all["auth"] == nil {
            all["apiKey"] = .string("\(Self.canary)-line")
        }
        _ = try client.call(
            "sessions.create",
            [
                "transport": "openai-websocket", "name": "line", "local": local,
                "wait": .bool(wait),
                "options": .object(all), "sessionConfig": .object(config), "reconnect": reconnect,
            ])
        return client
    }

    func installAssistant() throws {
        try install(
            plugin: "\(Self.buildDirectory)/libopenai-websocket.so", as: "openai-websocket.so")
        let client = try client()
        try until("openai-websocket is served") {
            (try? client.call("transports.describe", ["transport": "openai-websocket"]))?["state"]
                == "available"
        }
    }
}

/// What a client was told, in order.
final class Story {
    private let client: ControlClient
    private(set) var events: [JSONValue] = []

    init(_ client: ControlClient) { self.client = client }

    /// Goes on until an event of a type comes.
    ///
    /// - Parameter count: how many of them there must be in the whole story.
    @discardableResult
    func until(
        _ type: String, count: Int? = nil, where matches: (JSONValue) -> Bool = { _ in true }
    ) throws -> JSONValue {
        if let count {
            let known = events.filter { $0["type"]?.stringValue == type && matches($0) }
            if known.count >= count { return known[count - 1] }
        }
        while true {
            let event = try client.nextEvent(timeout: .seconds(60))
            append(event)
            guard event["type"]?.stringValue == type, matches(event) else { continue }
            guard let count else { return event }
            if all(type).filter(matches).count >= count { return event }
        }
    }

    /// A client is told no key, whatever a test does.
    private func append(_ event: JSONValue) {
        events.append(event)
        if event.serialized().contains(DaemonUnderTest.canary) {
            Issue.record("a key is in an event: \(event)")
        }
    }

    /// Goes on until a raw event of the server comes.
    @discardableResult
    func untilRaw(_ type: String) throws -> JSONValue {
        try until("transport_event") { $0["data"]?["type"]?.stringValue == type }
    }

    /// Takes what has come already.
    func drain() throws {
        _ = try client.call("gateway.info")
        while let event = try? client.nextEvent(timeout: .zero) { append(event) }
    }

    func all(_ type: String) -> [JSONValue] { events.filter { $0["type"]?.stringValue == type } }

    /// The place of the first event of a type behind `start`.
    func place(
        _ type: String, behind start: Int = -1, where matches: (JSONValue) -> Bool = { _ in true }
    ) -> Int? {
        events.indices.first {
            $0 > start && events[$0]["type"]?.stringValue == type && matches(events[$0])
        }
    }

    func placeOfRaw(_ type: String, behind start: Int = -1) -> Int? {
        place("transport_event", behind: start) { $0["data"]?["type"]?.stringValue == type }
    }

    /// Types in order, raw ones by the server's name for them.
    var types: [String] {
        events.compactMap { event in
            let type = event["type"]?.stringValue
            return type == "transport_event"
                ? "* \(event["data"]?["type"]?.stringValue ?? "?")" : type
        }
    }
}

/// What is said in these conversations.
enum Speech {
    /// The user, loud enough for the fake's turn detection: noise with most of its energy below 3 kHz.
    static func user(ms: Int, seed: UInt64 = 1) -> [Int16] {
        let noise = Signal.lowPassed(Signal.noise(seconds: Double(ms) / 1_000, seed: seed))
        return (0..<24 * ms).map { Int16(max(-1, min(1, noise[$0])) * 32_000) }
    }

    static func silence(ms: Int) -> [Int16] { [Int16](repeating: 0, count: 24 * ms) }

    /// The fake's voice from its first sample on.
    static func assistant(ms: Int, rateHz: Int = 24_000) -> [Float] {
        (0..<ms * rateHz / 1_000).map { FakeVoice.sample($0, rateHz: rateHz) }
    }

    static func floats(_ samples: some Collection<Int16>) -> [Float] {
        samples.map { Float($0) / 32_768 }
    }

    /// Where the fake's voice begins in what a program heard, and how like it is for `ms` from there.
    static func find(_ heard: [Int16], ms: Int) throws -> (start: Int, correlation: Double) {
        let voice = assistant(ms: ms)
        let sound = floats(heard)
        let first = try #require(heard.firstIndex { abs($0) > 100 }, "silence was heard")
        let own = voice.firstIndex { abs($0) > 100 / 32_768 } ?? 0
        let last = heard.count - voice.count
        let earliest = max(0, first - own - 120)
        let delays = earliest..<max(earliest, min(last + 1, first + 120))
        try #require(!delays.isEmpty, "only \(heard.count) samples were heard, from \(first) on")
        let beginning = Array(voice.prefix(2_400))
        let matches = delays.map { Signal.compare(beginning, sound, delay: $0) }
        let best = try #require(matches.max { $0.correlation < $1.correlation })
        let match = Signal.compare(voice, sound, delay: best.delay)
        return (match.delay, match.correlation)
    }
}
