import AudioCore
import JSON

/// What each event of the client does.
extension FakeSession {
    mutating func handle(_ type: String, _ event: JSONObject) {
        switch type {
        case "session.update": updateSession(event)
        case "input_audio_buffer.append": append(event)
        case "input_audio_buffer.commit": commit(event)
        case "input_audio_buffer.clear":
            bufferedSamples = 0
            detector.forget()
            spokenItem = nil
            emit("input_audio_buffer.cleared")
        case "conversation.item.create": createItem(event)
        case "conversation.item.retrieve":
            guard let (id, item) = item(of: event) else { return }
            _ = id
            emit("conversation.item.retrieved", ["item": .object(item)])
        case "conversation.item.delete":
            guard let (id, _) = item(of: event) else { return }
            _ = items.remove(id)
            emit("conversation.item.deleted", ["item_id": .string(id)])
        case "conversation.item.truncate": truncate(event)
        case "response.create": createResponse(event)
        case "response.cancel":
            guard response != nil else {
                return fail(
                    "response_cancel_not_active", "Cancellation failed: no active response found",
                    of: event)
            }
            cancelResponse("client_cancelled")
        default:
            fail(
                "invalid_value", "Invalid value: '\(type)'. It is no event of a client.", of: event,
                parameter: "type")
        }
    }

    // MARK: Session

    private mutating func updateSession(_ event: JSONObject) {
        guard let given = event["session"]?.objectValue else {
            return fail(
                "missing_required_parameter", "Missing required parameter: 'session'.", of: event,
                parameter: "session")
        }
        guard let update = options.dialect == .ga ? given : BetaDialect.update(given) else {
            return fail(
                "unknown_parameter", "Unknown parameter: 'session.type'.", of: event,
                parameter: "session.type")
        }
        do throws(FakeConfig.Refusal) {
            try config.update(update, hasSpoken: hasSpoken)
        } catch {
            return fail(error.code, error.message, of: event, parameter: error.parameter)
        }
        let turns = config.turnDetection
        detector.prefixPaddingMs = Int(turns?["prefix_padding_ms"]?.integerValue ?? 300)
        detector.silenceMs = Int(turns?["silence_duration_ms"]?.integerValue ?? 500)
        detector.threshold = turns?["threshold"]?.numberValue ?? 0.5
        emit(
            "session.updated", ["session": .object(config.session)], afterMs: options.latencyMs)
        if update["tools"] != nil { listMCPTools() }
    }

    private mutating func listMCPTools() {
        for server in config.tools("mcp") {
            let id = items.newID()
            let item: JSONObject = [
                "id": .string(id), "type": "mcp_list_tools",
                "server_label": server["server_label"] ?? "server",
                "tools": [
                    [
                        "name": "look_up", "description": "Looks something up.",
                        "input_schema": ["type": "object"], "annotations": nil,
                    ]
                ],
            ]
            add(item, id: id)
            emit("mcp_list_tools.in_progress", ["item_id": .string(id)])
            emit("mcp_list_tools.completed", ["item_id": .string(id)])
        }
    }

    // MARK: Sound

    private mutating func append(_ event: JSONObject) {
        let format = config.inputFormat
        guard let text = event["audio"]?.stringValue, let bytes = Self.decoded(text),
            bytes.count % format.codec.bytesPerSample == 0
        else {
            return fail(
                "invalid_value", "Invalid 'audio': it must be base64 of whole samples.", of: event,
                parameter: "audio")
        }
        let samples = FakeVoice.decode(format, bytes)
        bufferedSamples += samples.count
        guard let turns = config.turnDetection else { return }
        for edge in detector.hear(samples, rateHz: format.rateHz) {
            switch edge {
            case .started(let atMs):
                let id = items.newID()
                spokenItem = id
                emit(
                    "input_audio_buffer.speech_started",
                    ["item_id": .string(id), "audio_start_ms": .integer(Int64(atMs))])
                if turns["interrupt_response"]?.boolValue ?? true {
                    cancelResponse("turn_detected")
                }
            case .stopped(let atMs):
                emit(
                    "input_audio_buffer.speech_stopped",
                    [
                        "item_id": .string(spokenItem ?? ""),
                        "audio_end_ms": .integer(Int64(atMs)),
                    ])
                takeTurn()
                if turns["create_response"]?.boolValue ?? true { respond(metadata: nil) }
            }
        }
    }

    private static func decoded(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { text in
            var bytes = [UInt8](repeating: 0, count: Base64.decodedCountMax(text.count))
            let count = bytes.withUnsafeMutableBytes {
                Base64.decode(UnsafeRawBufferPointer(text), into: $0)
            }
            return count.map { Array(bytes.prefix($0)) }
        }
    }

    private mutating func commit(_ event: JSONObject) {
        let ms = bufferedSamples * 1_000 / config.inputFormat.rateHz
        guard ms >= 100 else {
            return fail(
                "input_audio_buffer_commit_empty",
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of "
                    + "audio, but buffer only has \(ms)ms of audio.", of: event)
        }
        takeTurn()
    }

    /// What is in the buffer becomes an item of the user.
    private mutating func takeTurn() {
        let id = spokenItem ?? items.newID()
        spokenItem = nil
        let seconds = Double(bufferedSamples) / Double(config.inputFormat.rateHz)
        bufferedSamples = 0
        detector.forget()
        let heard = nextHeard
        emit(
            "input_audio_buffer.committed",
            ["item_id": .string(id), "previous_item_id": items.last.map { .string($0) } ?? nil])
        add(
            [
                "id": .string(id), "object": "realtime.item", "type": "message",
                "status": "completed", "role": "user",
                "content": [["type": "input_audio", "transcript": nil]],
            ], id: id)
        guard config.transcribes else { return }
        items[id]?["content"] = [["type": "input_audio", "transcript": .string(heard)]]
        let place: JSONObject = ["item_id": .string(id), "content_index": 0]
        var delta = place
        delta["delta"] = .string(heard)
        emit(
            "conversation.item.input_audio_transcription.delta", delta,
            afterMs: options.latencyMs)
        var completed = place
        completed["transcript"] = .string(heard)
        completed["usage"] = ["type": "duration", "seconds": .number(seconds)]
        emit(
            "conversation.item.input_audio_transcription.completed", completed,
            afterMs: options.latencyMs * 2)
    }

    // MARK: Items

    /// Tells of a new item at the end of the conversation.
    mutating func add(_ item: JSONObject, id: String, isDone: Bool = true) {
        let before = items.last
        _ = items.insert(item, id: id, after: nil)
        let told: JSONObject = [
            "item": .object(item), "previous_item_id": before.map { .string($0) } ?? nil,
        ]
        emit("conversation.item.added", told)
        if isDone { emit("conversation.item.done", told) }
    }

    private mutating func createItem(_ event: JSONObject) {
        guard var item = event["item"]?.objectValue, let type = item["type"]?.stringValue else {
            return fail(
                "missing_required_parameter", "Missing required parameter: 'item'.", of: event,
                parameter: "item")
        }
        let parts = item["content"]?.arrayValue ?? []
        if item["role"] == "assistant",
            parts.contains(where: { $0["type"] == "output_audio" || $0["type"] == "audio" })
        {
            return fail(
                "invalid_value", "Audio of the assistant can't be created by a client.", of: event,
                parameter: "item.content")
        }
        let id = item["id"]?.stringValue ?? items.newID()
        guard items[id] == nil else {
            return fail(
                "item_already_exists", "Error adding item: an item with id '\(id)' exists.",
                of: event, parameter: "item.id")
        }
        item["id"] = .string(id)
        item["object"] = "realtime.item"
        if type == "message" || type.hasPrefix("function_call") {
            item["status"] = item["status"] ?? "completed"
        }
        let previous = event["previous_item_id"]?.stringValue
        guard let before = items.insert(item, id: id, after: previous) else {
            return fail(
                "item_not_found",
                "Error adding item: the previous item '\(previous ?? "")' does not exist.",
                of: event, parameter: "previous_item_id")
        }
        let told: JSONObject = [
            "item": .object(item), "previous_item_id": before.map { .string($0) } ?? nil,
        ]
        emit("conversation.item.added", told)
        emit("conversation.item.done", told)
        if type == "mcp_approval_response" { answerApproval(item) }
    }

    private mutating func answerApproval(_ item: JSONObject) {
        guard item["approve"] == true else { return }
        let id = items.newID()
        let call: JSONObject = [
            "id": .string(id), "type": "mcp_call", "server_label": "server", "name": "look_up",
            "arguments": "{}", "output": "found", "error": nil,
            "approval_request_id": item["approval_request_id"] ?? nil,
        ]
        add(call, id: id)
        let place: JSONObject = ["item_id": .string(id), "output_index": 0]
        emit("response.mcp_call.in_progress", place)
        emit("response.mcp_call.completed", place)
    }

    private mutating func item(of event: JSONObject) -> (String, JSONObject)? {
        guard let id = event["item_id"]?.stringValue, let item = items[id] else {
            fail(
                "item_not_found",
                "The item '\(event["item_id"]?.stringValue ?? "")' does not exist.", of: event,
                parameter: "item_id")
            return nil
        }
        return (id, item)
    }

    private mutating func truncate(_ event: JSONObject) {
        guard let id = event["item_id"]?.stringValue,
            let endMs = event["audio_end_ms"]?.integerValue, endMs >= 0,
            let index = event["content_index"]?.integerValue
        else {
            return fail(
                "invalid_value",
                "Invalid value: item_id, content_index and audio_end_ms must be given, the last as "
                    + "an integer.", of: event)
        }
        switch items.truncate(id, endMs: Int(endMs)) {
        case .unknown:
            fail(
                "item_not_found", "The item '\(id)' does not exist.", of: event,
                parameter: "item_id")
        case .noAudio:
            fail(
                "unsupported_content_type",
                "Only model output audio messages can be truncated.", of: event)
        case .tooLong(let availableMs):
            fail(
                "invalid_value",
                "Audio content of \(availableMs)ms is already shorter than \(endMs)ms", of: event)
        case .done:
            emit(
                "conversation.item.truncated",
                [
                    "item_id": .string(id), "content_index": .integer(index),
                    "audio_end_ms": .integer(endMs),
                ])
        }
    }
}
