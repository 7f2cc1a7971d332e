import JSON
import ParleyTransport

/// What the server says.
extension RealtimeClient {
    /// A message of the server, text or binary, whole. Whatever it holds, the session goes on: a
    /// text that is no JSON object is counted and dropped, an event that is unknown or malformed
    /// shows only raw.
    public mutating func receive(_ message: UnsafeRawBufferPointer, nowNs: UInt64) {
        guard phase != .over, phase != .idle else { return }
        if let found = AudioDeltaScanner.scan(message) {
            if take(found, in: message) { return }
        }
        guard let json = try? JSONValue(parsing: message), json.objectValue != nil else {
            malformedCount += 1
            emit(
                .log("the server sent a message that is not a JSON object (\(message.count) bytes)")
            )
            return
        }
        emit(.rawEvent)
        guard let event = ServerEvent(json) else { return }
        handle(event, nowNs)
    }

    private mutating func handle(_ event: ServerEvent, _ nowNs: UInt64) {
        switch event {
        case .fault(let fault, let raw): handle(fault, raw, nowNs)
        case .sessionCreated(let session): created(session, nowNs)
        case .sessionUpdated(let session): updated(session, nowNs)
        case .item(let item, let previous, let stage): changed(item, previous, stage)
        case .outputItem(let item, let responseID, let stage): produced(item, responseID, stage)
        case .itemTruncated(let itemID), .mcpProgress(let itemID): retrieve(itemID)
        case .itemDeleted(let itemID):
            items.remove(itemID)
            emit(.itemDeleted(itemID: itemID))
        case .transcriptionCompleted(let itemID, let contentIndex, let transcript):
            if let item = items.transcribe(itemID, contentIndex: contentIndex, transcript) {
                emit(.itemUpdate(item))
            } else {
                retrieve(itemID)
            }
        case .inputCommitted: input.wasCommitted()
        case .inputCleared: break
        case .speechStarted:
            isUserSpeaking = true
            bargeIn()
        case .speechStopped:
            isUserSpeaking = false
            if turns.areAnswered { answerDueNs = nowNs + Self.answerNs }
        case .outputCleared: outputCleared(nowNs)
        case .dtmf(let digits): emit(.dtmf(digits: digits))
        case .responseBegan(let response, let responseID):
            sequencer.began(responseID)
            answerDueNs = nil
            emit(.turnStarted(providerData: response))
        case .responseEnded(let response, let responseID): ended(response, responseID)
        case .textDelta(let itemID, let responseID, let delta):
            emit(
                .outputTextDelta(TextDelta(itemID: itemID, delta: delta, responseID: responseID)))
        case .transcriptDelta(let itemID, let responseID, let delta):
            emit(
                .audioTranscriptDelta(
                    TextDelta(itemID: itemID, delta: delta, responseID: responseID)))
        case .audioDelta(let itemID, let responseID, let contentIndex, let base64):
            take(base64, itemID, responseID, contentIndex)
        case .audioDone(let itemID, let responseID, let contentIndex):
            finishSpeech(itemID, contentIndex)
            emit(
                .audioDone(
                    AudioDone(
                        itemID: itemID, contentIndex: contentIndex, responseID: responseID)))
        case .rateLimits(let limits):
            rateLimits = limits.prefix(16).compactMap { Self.rateLimit($0) }
            tellStatistics()
        }
    }

    // MARK: Turns

    private mutating func ended(_ response: JSONObject, _ responseID: String?) {
        for entry in ledger.endAll(of: responseID) { tellEnd(entry) }
        let usage = Usage(wire: response["usage"])
        if let usage {
            self.usage.add(usage)
            emit(.usageUpdate(usage))
        }
        emit(
            .turnDone(
                TurnDone(
                    responseID: responseID, status: response["status"]?.stringValue,
                    output: (response["output"]?.arrayValue ?? [])
                        .filter { $0.objectValue != nil }.map { Self.withoutAudio($0) },
                    usage: usage)))
        if usage != nil { tellStatistics() }
        let fault = response["status_details"]?["error"].map { ServerFault($0) }
        if response["status"] == "failed", let fault, let details = response["status_details"] {
            emit(.error(["type": "response_failed", "error": details["error"] ?? details]))
            lastFault = fault
            if let reason = DisconnectReason.ending(fault) { return end(reason) }
        }
        send(sequencer.ended(responseID))
    }

    private static func withoutAudio(_ item: JSONValue) -> JSONValue {
        guard var object = item.objectValue, let content = object["content"]?.arrayValue else {
            return item
        }
        object["content"] = .array(
            content.map { part in
                guard var part = part.objectValue else { return part }
                part["audio"] = nil
                return .object(part)
            })
        return .object(object)
    }

    private static func rateLimit(_ limit: JSONValue) -> JSONValue? {
        guard let limit = limit.objectValue, let name = limit["name"]?.stringValue else {
            return nil
        }
        var result: JSONObject = ["name": .string(name)]
        result["limit"] = limit["limit"]
        result["remaining"] = limit["remaining"]
        result["resetSeconds"] = limit["reset_seconds"]
        return .object(result)
    }

    private mutating func tellStatistics() {
        emit(
            .statistics([
                "usage": usage.json, "rateLimits": .array(rateLimits),
                "malformedMessages": .integer(Int64(malformedCount)),
            ]))
    }

    // MARK: Items

    private mutating func retrieve(_ itemID: String) {
        send(
            .retrieve(itemID: itemID),
            ["type": "conversation.item.retrieve", "item_id": .string(itemID)])
    }

    /// `conversation.item.added`, `.done`, `.retrieved`, and the older `.created`.
    private mutating func changed(
        _ wire: JSONObject, _ previous: ServerEvent.PreviousItem, _ stage: ServerEvent.ItemStage
    ) {
        if wire["type"] == "mcp_list_tools" {
            if stage != .added { toolsListed(wire) }
            return
        }
        if let itemID = wire["id"]?.stringValue, echoes.contains(itemID) {
            if stage != .added { echoes.remove(itemID) }
            return
        }
        // A function call is told by its response, when its arguments are complete.
        guard wire["type"] != "function_call",
            let item = RealtimeItem(
                wire: wire, previousItemID: previous.itemID,
                status: stage == .added ? .inProgress : .completed)
        else { return }
        if case .mcpApprovalRequest = item, stage == .added { return }
        put(item, behind: previous, stage)
    }

    /// `response.output_item.added` and `.done`.
    private mutating func produced(
        _ wire: JSONObject, _ responseID: String?, _ stage: ServerEvent.ItemStage
    ) {
        let status: RealtimeItem.Status = stage == .added ? .inProgress : .completed
        guard let item = RealtimeItem(wire: wire, previousItemID: nil, status: status) else {
            return
        }
        switch item {
        case .functionCall(let call):
            let isComplete = wire["status"].map { $0 == "completed" } ?? (stage == .done)
            guard isComplete, let callID = call.callID else { return }
            guard announcedCalls.insert(callID).inserted else { return }
            let told = items.put(item, behind: .unknown)
            emit(.itemUpdate(told))
            emit(
                .functionCall(
                    FunctionCall(
                        id: call.itemID, callID: callID, name: call.name,
                        arguments: call.arguments,
                        previousItemID: items.previousID(of: call.itemID), responseID: responseID))
            )
        case .message: put(item, behind: .unknown, .added)
        case .mcpCall: put(item, behind: .unknown, .added)
        case .mcpApprovalRequest, .other: break
        }
    }

    private mutating func put(
        _ item: RealtimeItem, behind previous: ServerEvent.PreviousItem,
        _ stage: ServerEvent.ItemStage
    ) {
        let told = items.put(item, behind: previous)
        emit(.itemUpdate(told))
        guard stage == .done else { return }
        switch told {
        case .mcpApprovalRequest(let request): emit(.mcpApprovalRequest(request))
        case .mcpCall(let call):
            emit(.mcpToolCallCompleted(call))
            if settings.respondsToMCPCalls { send(sequencer.request(.automatic)) }
        default: break
        }
    }

    private mutating func toolsListed(_ wire: JSONObject) {
        guard let label = wire["server_label"]?.stringValue else { return }
        emit(.mcpToolsListed(serverLabel: label, tools: wire["tools"]?.arrayValue ?? []))
    }
}
