import JSON

/// How what clients write is understood.
extension SessionConfiguration {
    /// Members that are passed on under their name in the API.
    private static let plainMembers: Set<String> = [
        "instructions", "model", "reasoning", "parallel_tool_calls", "max_output_tokens",
        "truncation", "include", "temperature", "prompt",
    ]

    /// Takes a change. Members of the wrong type are taken as they are: the peer refuses them with
    /// a better sentence than any that could be written here.
    public mutating func apply(_ config: JSONObject) {
        // Nested members beat flat ones, so they come last.
        for (name, value) in config.members { applyFlat(CaseStyle.snake(name), value, name) }
        guard let audio = config["audio"]?.objectValue else { return }
        for (name, value) in audio["input"]?.objectValue?.members ?? [] {
            applyInput(CaseStyle.snake(name), value)
        }
        for (name, value) in audio["output"]?.objectValue?.members ?? [] {
            applyOutput(CaseStyle.snake(name), value)
        }
    }

    private mutating func applyFlat(_ name: String, _ value: JSONValue, _ written: String) {
        switch name {
        case "audio", "type": break
        case "tracing": tracing = Self.snakeKeys(value)
        case "voice": output["voice"] = value
        case "speed": output["speed"] = value
        case "output_modalities": fields["output_modalities"] = value
        case "modalities": fields["output_modalities"] = Self.modalities(value)
        case "input_audio_format": applyInput("format", value)
        case "output_audio_format": applyOutput("format", value)
        case "input_audio_transcription": applyInput("transcription", value)
        case "input_audio_noise_reduction": applyInput("noise_reduction", value)
        case "turn_detection": applyInput("turn_detection", value)
        case "max_response_output_tokens": fields["max_output_tokens"] = value
        case "tools": fields["tools"] = value
        case "tool_choice": fields["tool_choice"] = Self.snakeKeys(value)
        case "prompt": fields["prompt"] = Self.prompt(value)
        case "provider_data":
            for (name, value) in value.objectValue?.members ?? [] { extra[name] = value }
        case _ where Self.plainMembers.contains(name): fields[name] = value
        default: extra[written] = value
        }
    }

    private mutating func applyInput(_ name: String, _ value: JSONValue) {
        switch name {
        case "format": input["format"] = Self.wireFormat(value)
        case "turn_detection": input["turn_detection"] = Self.snakeKeys(value)
        case "noise_reduction", "transcription": input[name] = Self.snakeKeys(value)
        default: input[name] = value
        }
    }

    private mutating func applyOutput(_ name: String, _ value: JSONValue) {
        output[name] = name == "format" ? Self.wireFormat(value) : value
    }

    /// The GA shape has one modality where the older one had both.
    private static func modalities(_ value: JSONValue) -> JSONValue {
        guard let names = value.arrayValue, names.contains("audio") else { return value }
        return ["audio"]
    }

    /// An unknown string is PCM; an unknown structure is passed on. nil (never mentioned) for null,
    /// since no session is without a format.
    static func wireFormat(_ value: JSONValue) -> JSONValue? {
        let pcm: JSONValue = ["type": "audio/pcm", "rate": 24000]
        switch value {
        case .null: return nil
        case .string("g711_ulaw"), .string("audio/pcmu"), .string("pcmu"):
            return ["type": "audio/pcmu"]
        case .string("g711_alaw"), .string("audio/pcma"), .string("pcma"):
            return ["type": "audio/pcma"]
        case .object(var format):
            guard format["type"] == "audio/pcm" else { return value }
            // Compatible servers take other rates than the API's 24000.
            guard let rate = format["rate"]?.integerValue,
                [8000, 16000, 24000, 48000].contains(rate)
            else {
                format["rate"] = 24000
                return .object(format)
            }
            return value
        default: return pcm
        }
    }

    /// The object in the API's names; of a member in both spellings camelCase wins.
    static func snakeKeys(_ value: JSONValue) -> JSONValue {
        guard let object = value.objectValue else { return value }
        var result = JSONObject()
        for (name, value) in object.members {
            let snake = CaseStyle.snake(name)
            if snake == name, object[CaseStyle.camel(name)] != nil, CaseStyle.camel(name) != name {
                continue
            }
            result[snake] = value
        }
        return .object(result)
    }

    private static func prompt(_ value: JSONValue) -> JSONValue {
        guard let prompt = value.objectValue else { return value }
        var result = JSONObject()
        result["id"] = prompt["promptId"] ?? prompt["id"]
        result["version"] = prompt["version"]
        result["variables"] = prompt["variables"]
        return .object(result)
    }
}
