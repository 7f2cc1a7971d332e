import JSON

/// How the assistant answers.
extension FakeSession {
    mutating func createResponse(_ event: JSONObject) {
        guard response == nil else {
            return fail(
                "conversation_already_has_active_response",
                "Conversation already has an active response in progress: "
                    + "\(response?.id ?? ""). Wait until the response is finished before creating a "
                    + "new one.", of: event)
        }
        respond(metadata: event["response"]?["metadata"] ?? nil)
    }

    /// Begins the answer of this turn.
    mutating func respond(metadata: JSONValue) {
        guard response == nil else { return }
        let answer = nextAnswer()
        let id = nextResponseID()
        if answer.hasPrefix("call ") { return call(answer.dropFirst(5), response: id) }
        if answer == "ask approval" { return askApproval(response: id) }
        var fresh = FakeResponse(
            id: id, itemID: items.newID(), text: answer, speaks: config.speaks,
            format: config.outputFormat, options: options, nowNs: nowNs)
        fresh.metadata = metadata
        response = fresh
        emit("response.created", ["response": .object(object(id, "in_progress", output: []))])
        outputItem("added", fresh.item(status: "in_progress"), response: id)
        add(fresh.item(status: "in_progress"), id: fresh.itemID, isDone: false)
        var part = fresh.place
        part["part"] =
            fresh.speaks ? ["type": "audio", "transcript": ""] : ["type": "text", "text": ""]
        emit("response.content_part.added", part)
    }

    // MARK: Speech

    mutating func advanceResponse() {
        while var running = response, running.nextDueNs <= nowNs {
            guard !running.isComplete else {
                return finishResponse(status: "completed", reason: nil)
            }
            let (words, sound) = running.nextPiece()
            response = running
            if !words.isEmpty {
                var event = running.place
                event["delta"] = .string(words)
                emit(
                    running.speaks
                        ? "response.output_audio_transcript.delta" : "response.output_text.delta",
                    event)
            }
            guard !sound.isEmpty else { continue }
            hasSpoken = true
            items.spoke(running.itemID, totalMs: running.madeMs)
            // 1,001 bytes are not a whole number of samples.
            let sizes = options.isRagged ? [1_001, 0, sound.count] : [sound.count]
            var rest = sound[...]
            for size in sizes {
                var event = running.place
                event["delta"] = .string(Self.encoded(Array(rest.prefix(size))))
                rest = rest.dropFirst(size)
                emit("response.output_audio.delta", event)
            }
        }
    }

    private static func encoded(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        bytes.withUnsafeBytes { Base64.encode($0, into: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Ends the running response, if there is one, as soon as ``FakeOptions/lateMs`` lets it.
    mutating func cancelResponse(_ reason: String) {
        guard options.lateMs > 0 else {
            return finishResponse(status: "cancelled", reason: reason)
        }
        guard response != nil, cancellation == nil else { return }
        cancellation = (nowNs + UInt64(options.lateMs * 1e6), reason)
    }

    mutating func advanceCancellation() {
        guard let (dueNs, reason) = cancellation, dueNs <= nowNs else { return }
        finishResponse(status: "cancelled", reason: reason)
    }

    /// Ends the running response, if there is one.
    mutating func finishResponse(status: String, reason: String?) {
        guard let running = response else { return }
        response = nil
        cancellation = nil
        let item = running.item(status: status == "completed" ? "completed" : "incomplete")
        items[running.itemID] = item
        let text = JSONValue.string(running.textSoFar)
        if running.speaks {
            emit("response.output_audio.done", running.place)
            emit(
                "response.output_audio_transcript.done", running.place.with("transcript", text))
            emit(
                "response.content_part.done",
                running.place.with("part", ["type": "audio", "transcript": text]))
        } else {
            emit("response.output_text.done", running.place.with("text", text))
            emit(
                "response.content_part.done",
                running.place.with("part", ["type": "text", "text": text]))
        }
        outputItem("done", item, response: running.id)
        emit("conversation.item.done", ["item": .object(item), "previous_item_id": nil])
        var done = object(running.id, status, output: [.object(item)])
        done["metadata"] = running.metadata
        done["usage"] = .object(running.usage)
        if let reason {
            done["status_details"] = ["type": .string(status), "reason": .string(reason)]
        }
        emit("response.done", ["response": .object(done)])
        emit(
            "rate_limits.updated",
            [
                "rate_limits": [
                    ["name": "tokens", "limit": 100_000, "remaining": 90_000, "reset_seconds": 1.5]
                ]
            ])
    }

    // MARK: Tools

    private mutating func call(_ text: Substring, response id: String) {
        let parts = text.split(separator: " ", maxSplits: 1)
        let arguments = parts.count > 1 ? String(parts[1]) : "{}"
        let itemID = items.newID()
        let callID = "call_\(itemID)"
        var item: JSONObject = [
            "id": .string(itemID), "object": "realtime.item", "type": "function_call",
            "status": "in_progress", "name": .string(String(parts.first ?? "")),
            "call_id": .string(callID), "arguments": "",
        ]
        emit("response.created", ["response": .object(object(id, "in_progress", output: []))])
        outputItem("added", item, response: id)
        add(item, id: itemID, isDone: false)
        let place: JSONObject = [
            "response_id": .string(id), "item_id": .string(itemID), "output_index": 0,
            "call_id": .string(callID),
        ]
        emit(
            "response.function_call_arguments.delta",
            place.with("delta", .string(arguments)))
        emit(
            "response.function_call_arguments.done",
            place.with("arguments", .string(arguments)).with("name", item["name"] ?? ""))
        item["arguments"] = .string(arguments)
        item["status"] = "completed"
        items[itemID] = item
        outputItem("done", item, response: id)
        emit("conversation.item.done", ["item": .object(item), "previous_item_id": nil])
        emit(
            "response.done",
            ["response": .object(object(id, "completed", output: [.object(item)]))])
    }

    private mutating func askApproval(response id: String) {
        let itemID = items.newID()
        let item: JSONObject = [
            "id": .string(itemID), "type": "mcp_approval_request", "server_label": "server",
            "name": "look_up", "arguments": "{\"word\":\"parley\"}",
        ]
        emit("response.created", ["response": .object(object(id, "in_progress", output: []))])
        outputItem("added", item, response: id)
        add(item, id: itemID)
        outputItem("done", item, response: id)
        emit(
            "response.done",
            ["response": .object(object(id, "completed", output: [.object(item)]))])
    }

    // MARK: Shapes

    private mutating func outputItem(_ what: String, _ item: JSONObject, response id: String) {
        emit(
            "response.output_item.\(what)",
            ["response_id": .string(id), "output_index": 0, "item": .object(item)])
    }

    private func object(_ id: String, _ status: String, output: [JSONValue]) -> JSONObject {
        [
            "object": "realtime.response", "id": .string(id), "status": .string(status),
            "status_details": nil, "output": .array(output), "conversation_id": "conv_fake",
            "output_modalities": config.session["output_modalities"] ?? ["audio"],
            "max_output_tokens": "inf", "metadata": nil, "usage": nil,
        ]
    }
}

extension JSONObject {
    fileprivate func with(_ name: String, _ value: JSONValue) -> JSONObject {
        var copy = self
        copy[name] = value
        return copy
    }
}
