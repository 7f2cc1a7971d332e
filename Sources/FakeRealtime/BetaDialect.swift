import JSON

/// The dialect of the beta, which older and compatible servers speak: other names, a flat session.
enum BetaDialect {
    private static let eventNames: [(ga: String, beta: String)] = [
        ("response.output_audio.", "response.audio."),
        ("response.output_audio_transcript.", "response.audio_transcript."),
        ("response.output_text.", "response.text."),
    ]

    /// A server's event in the beta's words; nil for one that the beta does not have.
    static func event(_ event: JSONObject) -> JSONObject? {
        guard let type = event["type"]?.stringValue else { return event }
        var changed = event
        switch type {
        case "conversation.item.added": changed["type"] = "conversation.item.created"
        case "conversation.item.done": return nil
        case "session.created", "session.updated":
            changed["session"] = event["session"]?.objectValue.map { .object(session($0)) }
        default:
            for (ga, beta) in eventNames where type.hasPrefix(ga) {
                changed["type"] = .string(beta + type.dropFirst(ga.count))
            }
        }
        if let item = changed["item"]?.objectValue { changed["item"] = .object(Self.item(item)) }
        return changed
    }

    private static func item(_ item: JSONObject) -> JSONObject {
        var changed = item
        changed["content"] = item["content"]?.arrayValue.map { parts in
            .array(
                parts.map { part in
                    guard var object = part.objectValue else { return part }
                    if object["type"] == "output_audio" { object["type"] = "audio" }
                    if object["type"] == "output_text" { object["type"] = "text" }
                    return .object(object)
                })
        }
        return changed
    }

    /// The session in the flat shape.
    private static func session(_ session: JSONObject) -> JSONObject {
        var flat = session
        flat["type"] = nil
        flat["audio"] = nil
        flat["output_modalities"] = nil
        flat["modalities"] =
            session["output_modalities"] == ["text"] ? ["text"] : ["text", "audio"]
        let input = session["audio"]?["input"]
        let output = session["audio"]?["output"]
        flat["input_audio_format"] = format(input?["format"])
        flat["output_audio_format"] = format(output?["format"])
        flat["input_audio_transcription"] = input?["transcription"]
        flat["input_audio_noise_reduction"] = input?["noise_reduction"]
        flat["turn_detection"] = input?["turn_detection"]
        flat["voice"] = output?["voice"]
        flat["speed"] = output?["speed"]
        return flat
    }

    private static func format(_ value: JSONValue?) -> JSONValue {
        switch value?["type"]?.stringValue {
        case "audio/pcmu": "g711_ulaw"
        case "audio/pcma": "g711_alaw"
        default: "pcm16"
        }
    }

    /// An update in the flat shape, in the GA's; nil for one that is in the GA's shape, which a server of
    /// the beta refuses.
    static func update(_ flat: JSONObject) -> JSONObject? {
        guard flat["type"] == nil, flat["audio"] == nil, flat["output_modalities"] == nil else {
            return nil
        }
        var update: JSONObject = [:]
        var input: JSONObject = [:]
        var output: JSONObject = [:]
        for (name, value) in flat.members {
            switch name {
            case "modalities":
                let speaks = value.arrayValue?.contains("audio") ?? true
                update["output_modalities"] = speaks ? ["audio"] : ["text"]
            case "input_audio_format": input["format"] = structured(value)
            case "output_audio_format": output["format"] = structured(value)
            case "input_audio_transcription": input["transcription"] = value
            case "input_audio_noise_reduction": input["noise_reduction"] = value
            case "turn_detection": input["turn_detection"] = value
            case "voice", "speed": output[name] = value
            case "max_response_output_tokens": update["max_output_tokens"] = value
            case "temperature": break
            default: update[name] = value
            }
        }
        var audio: JSONObject = [:]
        if !input.isEmpty { audio["input"] = .object(input) }
        if !output.isEmpty { audio["output"] = .object(output) }
        if !audio.isEmpty { update["audio"] = .object(audio) }
        return update
    }

    private static func structured(_ name: JSONValue) -> JSONValue {
        switch name.stringValue {
        case "g711_ulaw": ["type": "audio/pcmu"]
        case "g711_alaw": ["type": "audio/pcma"]
        case "pcm16": ["type": "audio/pcm", "rate": 24_000]
        default: name
        }
    }
}
