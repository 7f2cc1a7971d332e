import JSON

/// The `session` member of `session.update`.
extension SessionConfiguration {
    public func payload(_ dialect: Dialect) -> JSONObject {
        switch dialect {
        case .generalAvailability: currentPayload
        case .beta: betaPayload
        }
    }

    /// No transcription model by default: the ones that clients are used to are being shut down,
    /// and a transcript costs money that nobody asked to spend.
    private var currentPayload: JSONObject {
        var session: JSONObject = ["type": "realtime"]
        session["instructions"] = fields["instructions"]
        session["model"] = fields["model"] ?? .string(model)
        session["output_modalities"] = fields["output_modalities"] ?? ["audio"]

        var input = JSONObject()
        input["format"] = self.input["format"] ?? Self.defaultFormat
        input["noise_reduction"] = self.input["noise_reduction"] ?? .null
        input["transcription"] = self.input["transcription"] ?? .null
        input["turn_detection"] = self.input["turn_detection"] ?? ["type": "semantic_vad"]
        Self.add(self.input, to: &input)
        var output = JSONObject()
        output["format"] = self.output["format"] ?? Self.defaultFormat
        output["voice"] = voice
        output["speed"] = self.output["speed"] ?? 1
        Self.add(self.output, to: &output)
        session["audio"] = ["input": .object(input), "output": .object(output)]

        for name in ["tool_choice", "parallel_tool_calls", "reasoning", "max_output_tokens"] {
            session[name] = fields[name]
        }
        session["truncation"] = fields["truncation"]
        session["include"] = fields["include"]
        session["temperature"] = fields["temperature"]
        for (name, value) in extra.members { session[name] = value }
        session["prompt"] = fields["prompt"]
        if let tools = fields["tools"]?.arrayValue {
            session["tools"] = .array(ToolList.wire(tools))
        }
        return session
    }

    /// Old servers know neither semantic turn detection nor a model in the config.
    private var betaPayload: JSONObject {
        var session = JSONObject()
        let modalities = fields["output_modalities"] ?? ["audio"]
        session["modalities"] = modalities == ["audio"] ? ["text", "audio"] : modalities
        session["instructions"] = fields["instructions"]
        session["voice"] = voice
        session["input_audio_format"] = Self.betaFormat(input["format"])
        session["output_audio_format"] = Self.betaFormat(output["format"])
        session["input_audio_transcription"] = input["transcription"]
        session["input_audio_noise_reduction"] = input["noise_reduction"]
        session["turn_detection"] = input["turn_detection"] ?? ["type": "server_vad"]
        session["speed"] = output["speed"]
        session["tool_choice"] = fields["tool_choice"]
        session["temperature"] = fields["temperature"]
        session["max_response_output_tokens"] = fields["max_output_tokens"]
        for (name, value) in extra.members { session[name] = value }
        if let tools = fields["tools"]?.arrayValue {
            session["tools"] = .array(ToolList.wire(tools))
        }
        return session
    }

    /// There is no voice by default, and null is none.
    private var voice: JSONValue? { output["voice"]?.isNull == true ? nil : output["voice"] }

    private static let defaultFormat: JSONValue = ["type": "audio/pcm", "rate": 24000]

    private static func add(_ members: JSONObject, to object: inout JSONObject) {
        for (name, value) in members.members where object[name] == nil && name != "voice" {
            object[name] = value
        }
    }

    private static func betaFormat(_ format: JSONValue?) -> JSONValue {
        switch format?["type"]?.stringValue {
        case "audio/pcmu": "g711_ulaw"
        case "audio/pcma": "g711_alaw"
        default: "pcm16"
        }
    }
}
