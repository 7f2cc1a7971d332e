import JSON
import ParleyTransport

/// What clients of the daemon ask for.
extension RealtimeClient {
    public enum Answer: Sendable, Equatable {
        case done
        /// ``Effect/complete(_:_:)`` follows.
        case later
    }

    /// Does a command. While the connection is being made it waits, in order, and is answered
    /// later.
    ///
    /// - Throws: what is wrong with the command; nothing was sent then.
    public mutating func perform(
        _ command: TransportCommand, id: CommandID, nowNs: UInt64
    ) throws(TransportError) -> Answer {
        switch phase {
        case .over:
            throw TransportError(.notConnected, "the session is not connected to its server")
        case .idle, .greeting, .configuring:
            guard deferred.count < settings.deferredMax else {
                throw TransportError(
                    .full, "too many commands wait for the connection; try again when it is made")
            }
            deferred.append((id, command))
            return .later
        case .ready: break
        }
        switch command {
        case .sendEvent(let event): try sendRaw(event, nowNs)
        case .sendMessage(let message): try sendMessage(message)
        case .addImage(let image, let triggerResponse):
            createItem([
                "type": "message", "role": "user",
                "content": [["type": "input_image", "image_url": .string(image)]],
            ])
            if triggerResponse { send(sequencer.request(.automatic)) }
        case .requestResponse(let response): requestResponse(response)
        case .interrupt: interrupted(nowNs)
        case .resetHistory(let history): try resetHistory(history)
        case .updateSessionConfig(let config):
            update(config, id, nowNs)
            return .later
        case .mute: throw .notSupported("mute at the server; the daemon mutes the microphone")
        case .sendFunctionCallOutput(let output): sendOutput(output)
        case .sendMCPResponse(let response): sendApproval(response)
        case .commitAudio: commit()
        case .clearAudio: clear()
        case .sendDTMF: throw .notSupported("sendDtmf")
        }
        return .done
    }

    // MARK: Raw

    /// An event of the client's own making. Those that this client keeps book of go the same way as
    /// the commands that cause them.
    private mutating func sendRaw(
        _ event: JSONObject, _ nowNs: UInt64
    ) throws(TransportError) {
        switch event["type"] {
        case "response.create": send(sequencer.request(.manual(event)))
        case "response.cancel":
            if sequencer.beginCancel() || !sequencer.isRunning { send(event) }
        case "session.update":
            let before = configuration
            if let config = event["session"]?.objectValue { configuration.apply(config) }
            var event = event
            let eventID = event["event_id"]?.stringValue ?? ownEvents.id(for: .configure)
            event["event_id"] = .string(eventID)
            expect(eventID, nil, before: before, nowNs)
            send(event)
        case "input_audio_buffer.append":
            input.append((event["audio"]?.stringValue?.utf8.count ?? 0) / 4 * 3)
            send(event)
        case "input_audio_buffer.clear":
            input.clear()
            send(event)
        case .string: send(event)
        default:
            throw TransportError(.invalid, "sendEvent: the event needs a 'type' that is a string")
        }
    }

    // MARK: Items

    private mutating func createItem(_ item: JSONObject, _ more: JSONObject = [:]) {
        var event: JSONObject = ["type": "conversation.item.create", "item": .object(item)]
        for (name, value) in more.members where name != "type" { event[name] = value }
        send(event)
    }

    private mutating func sendMessage(_ message: UserMessage) throws(TransportError) {
        let content = message.content
        guard !content.isEmpty else {
            throw TransportError(.invalid, "sendMessage: 'message' has no content")
        }
        createItem(
            [
                "type": "message", "role": message.message["role"] ?? "user",
                "content": .array(ItemMessage.wireContent(content)),
            ], message.otherEventData)
        if message.triggerResponse { send(sequencer.request(.automatic)) }
    }

    private mutating func requestResponse(_ response: JSONObject?) {
        guard let response else {
            if !input.takeDroppedRequest() { send(sequencer.request(.automatic)) }
            return
        }
        send(
            sequencer.request(
                .manual(["type": "response.create", "response": .object(response)])))
    }

    private mutating func sendOutput(_ output: FunctionCallOutput) {
        createItem([
            "type": "function_call_output", "call_id": .string(output.callID),
            "output": .string(output.output),
        ])
        if let item = items.answer(callID: output.callID, output: output.output) {
            emit(.itemUpdate(item))
        }
        if output.startResponse { send(sequencer.request(.automatic)) }
    }

    private mutating func sendApproval(_ response: MCPResponse) {
        approvalCount += 1
        var item: JSONObject = [
            "id": .string("parley_approval_\(approvalCount)"), "type": "mcp_approval_response",
            "approval_request_id": .string(response.approvalRequestID),
            "approve": .bool(response.approved),
        ]
        item["reason"] = response.reason.map { .string($0) }
        createItem(item, ["previous_item_id": .string(response.approvalRequestID)])
        if let item = items.decide(response.approvalRequestID, approved: response.approved) {
            emit(.itemUpdate(item))
        }
    }

    private mutating func resetHistory(_ history: [JSONValue]) throws(TransportError) {
        let change = try HistoryChange(from: items.json, to: history)
        for itemID in change.deleted {
            send(["type": "conversation.item.delete", "item_id": .string(itemID)])
        }
        for creation in change.created {
            createItem(
                creation.item, ["previous_item_id": .string(creation.previousItemID ?? "root")])
        }
        for itemID in change.skipped {
            emit(.log("resetHistory: item \(itemID) is no message and can't be made again"))
        }
    }

    // MARK: Config

    private mutating func update(_ config: JSONObject, _ id: CommandID, _ nowNs: UInt64) {
        let before = configuration
        configuration.apply(config)
        let eventID = ownEvents.id(for: .configure)
        expect(eventID, id, before: before, nowNs)
        send([
            "type": "session.update", "event_id": .string(eventID),
            "session": .object(configuration.payload(dialect)),
        ])
        if config["tracing"] != nil { trace(nowNs) }
    }

    private mutating func expect(
        _ eventID: String, _ id: CommandID?, before: SessionConfiguration, _ nowNs: UInt64
    ) {
        updates.append(
            PendingUpdate(
                eventID: eventID, command: id, before: before, asked: configuration,
                untilNs: nowNs + settings.acknowledgeMs * 1_000_000))
    }

    // MARK: Sound

    /// Sound of the microphone in ``inputFormat``. Before the server is ready it is kept.
    public mutating func microphone(_ frame: UnsafeRawBufferPointer) {
        guard !frame.isEmpty, phase != .over else { return }
        guard phase == .ready else {
            backlog.append(frame, alignment: inputFormat.bytesPerSample ?? 1)
            return
        }
        input.append(frame, inputFormat, isTurn: isUserSpeaking || !turns.areDetected)
        AudioMessage.write(frame, into: &audioMessage)
        emit(.sendAudio)
    }

    /// The mute barrier: nothing that was captured before may leave.
    public mutating func dropAudio() {
        _ = backlog.removeAll()
        input.forgetSound()
    }

    private mutating func commit() {
        // Where media go another way, only the server knows what it has.
        if settings.output == .server {
            return send(.commit, ["type": "input_audio_buffer.commit"])
        }
        switch input.commit(bytesPerMs: Self.bytesPerMs(inputFormat)) {
        case .send: send(.commit, ["type": "input_audio_buffer.commit"])
        case .drop: send(.clear, ["type": "input_audio_buffer.clear"])
        }
    }

    private mutating func clear() {
        input.clear()
        send(.clear, ["type": "input_audio_buffer.clear"])
    }
}
