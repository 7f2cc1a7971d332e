import AudioCore
import JSON

/// The session object of the server: what `session.update` merges into and `session.updated` shows.
struct FakeConfig {
    /// In the GA shape, whatever the client speaks.
    private(set) var session: JSONObject

    init(model: String, id: String, expiresAt: Int64) {
        session = [
            "type": "realtime", "object": "realtime.session", "id": .string(id),
            "expires_at": .integer(expiresAt), "model": .string(model),
            "output_modalities": ["audio"], "instructions": "Be kind.", "tools": [],
            "tool_choice": "auto", "max_output_tokens": "inf", "tracing": nil, "prompt": nil,
            "truncation": "auto", "include": nil,
            "audio": [
                "input": [
                    "format": ["type": "audio/pcm", "rate": 24_000], "transcription": nil,
                    "noise_reduction": nil,
                    "turn_detection": [
                        "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300,
                        "silence_duration_ms": 500, "idle_timeout_ms": nil,
                        "create_response": true, "interrupt_response": true,
                    ],
                ],
                "output": [
                    "format": ["type": "audio/pcm", "rate": 24_000], "voice": "marin", "speed": 1.0,
                ],
            ],
        ]
    }

    struct Refusal: Error {
        let code: String
        let message: String
        let parameter: String
    }

    private static let names: Set<String> = [
        "type", "model", "instructions", "output_modalities", "audio", "tools", "tool_choice",
        "max_output_tokens", "tracing", "prompt", "truncation", "include", "parallel_tool_calls",
        "reasoning",
    ]

    /// Takes an update in the GA shape: what is left out stays, null clears.
    mutating func update(_ update: JSONObject, hasSpoken: Bool) throws(Refusal) {
        for (name, value) in update.members {
            guard Self.names.contains(name) else {
                throw Refusal(
                    code: "unknown_parameter", message: "Unknown parameter: 'session.\(name)'.",
                    parameter: "session.\(name)")
            }
            switch name {
            case "type":
                guard value == "realtime" else {
                    throw Refusal(
                        code: "invalid_value", message: "Invalid value: session.type.",
                        parameter: "session.type")
                }
            case "model":
                guard value == session["model"] else {
                    throw Refusal(
                        code: "cannot_update_model",
                        message: "The model of a session can't be changed.",
                        parameter: "session.model")
                }
            case "audio": try merge(value, hasSpoken: hasSpoken)
            default: session[name] = value
            }
        }
    }

    private mutating func merge(_ audio: JSONValue, hasSpoken: Bool) throws(Refusal) {
        var merged = session["audio"]?.objectValue ?? [:]
        for (direction, given) in audio.objectValue?.members ?? [] {
            guard var part = merged[direction]?.objectValue, let given = given.objectValue else {
                throw Refusal(
                    code: "unknown_parameter",
                    message: "Unknown parameter: 'session.audio.\(direction)'.",
                    parameter: "session.audio.\(direction)")
            }
            for (name, value) in given.members {
                if name == "voice", hasSpoken, value != part["voice"] {
                    throw Refusal(
                        code: "cannot_update_voice",
                        message:
                            "Cannot update a conversation's voice if assistant audio is present.",
                        parameter: "session.audio.output.voice")
                }
                if name == "format", Self.format(value) == nil {
                    throw Refusal(
                        code: "invalid_value", message: "Invalid value: the audio format.",
                        parameter: "session.audio.\(direction).format")
                }
                part[name] = value
            }
            merged[direction] = .object(part)
        }
        session["audio"] = .object(merged)
    }

    private static func format(_ value: JSONValue?) -> AudioFormat? {
        switch value?["type"]?.stringValue {
        case "audio/pcm": AudioFormat(codec: .pcmS16LE, rateHz: 24_000)
        case "audio/pcmu": AudioFormat(codec: .pcmu, rateHz: 8_000)
        case "audio/pcma": AudioFormat(codec: .pcma, rateHz: 8_000)
        default: nil
        }
    }

    var input: JSONValue? { session["audio"]?["input"] }
    var output: JSONValue? { session["audio"]?["output"] }
    var inputFormat: AudioFormat { Self.format(input?["format"]) ?? .pcm24k }
    var outputFormat: AudioFormat { Self.format(output?["format"]) ?? .pcm24k }
    var turnDetection: JSONObject? { input?["turn_detection"]?.objectValue }
    var speaks: Bool { session["output_modalities"]?.arrayValue?.contains("audio") ?? true }
    var transcribes: Bool { input?["transcription"]?.objectValue != nil }

    func tools(_ kind: String) -> [JSONObject] {
        (session["tools"]?.arrayValue ?? []).compactMap(\.objectValue)
            .filter { $0["type"]?.stringValue == kind }
    }
}
