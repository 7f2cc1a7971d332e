import ParleyTransport

/// The fake peer's side of the conversation: items, turns and the script. Pure: what a client does and
/// the time come in, ``Output`` comes out in the order in which it shall happen.
struct Conversation {
    /// What the transport shall do.
    enum Output: Equatable {
        case event(TransportEvent)
        /// An event by name, from the script.
        case namedEvent(type: String, data: JSONObject)
        case speak(Speech)
        case interrupt(InterruptCause)
        case disconnect(LoopbackOptions.Retry, reason: String?)
    }

    /// A piece of the voice, `sampleCount` samples from `firstSample` on of the item.
    struct Speech: Equatable {
        var itemID: String
        var firstSample: Int
        var sampleCount: Int
        var isLast: Bool
    }

    private let rateHz: Int
    private let pace: Turn.Pace
    var runner: ScriptRunner
    var items: ItemList
    private(set) var config: JSONObject
    private var turn: Turn?
    private var waitingTurns: [Turn.Text] = []
    /// Items whose speech was begun and that the listener may not have heard in full.
    private var spoken: [SpokenItem] = []
    private var lastResponse = 0
    private var hasHeardSinceCommit = false
    private var output: [Output] = []

    private struct SpokenItem {
        let itemID: String
        let text: String
        let sampleCount: Int
    }

    init(_ options: LoopbackOptions, config: JSONObject = [:], items: [JSONValue] = []) {
        rateHz = options.format.rateHz
        pace = Turn.Pace(isRealTime: options.packets, frameMs: options.frameMs)
        runner = ScriptRunner(options.script)
        self.items = ItemList(items)
        self.config = config
    }

    // MARK: What happens

    mutating func connected(resumes: Bool, nowNs: UInt64) -> [Output] {
        raw("session.created", ["resumed": .bool(resumes), "items": .integer(Int64(items.count))])
        trigger(.connected, nowNs)
        return take()
    }

    /// Sound of the microphone arrived.
    mutating func heard(isFirst: Bool, nowNs: UInt64) -> [Output] {
        hasHeardSinceCommit = true
        guard isFirst else { return [] }
        trigger(.audio, nowNs)
        return take()
    }

    /// When ``advance(nowNs:)`` has something to do.
    var nextDueNs: UInt64? {
        switch (turn?.nextNs, runner.nextDueNs) {
        case (let one?, let other?): min(one, other)
        case (let one, let other): one ?? other
        }
    }

    mutating func advance(nowNs: UInt64) -> [Output] {
        while let action = runner.removeDue(nowNs: nowNs) { perform(action, nowNs) }
        while let nextNs = turn?.nextNs, nextNs <= nowNs { continueTurn(nowNs) }
        return take()
    }

    /// Whether the peer is talking, or the listener still hears it: nothing is echoed meanwhile, since it
    /// would queue up behind the speech.
    var isSpeaking: Bool { turn != nil || !pace.isRealTime && !spoken.isEmpty }

    // MARK: Commands

    mutating func message(_ message: UserMessage, nowNs: UInt64) throws(TransportError) -> [Output]
    {
        let content = message.content
        guard !content.isEmpty else {
            throw TransportError(.invalid, "sendMessage: 'message' has no content")
        }
        addUserItem(content.map { .other($0) })
        trigger(.message, nowNs)
        if message.triggerResponse, !runner.script.replaces(.message) {
            respond(to: message.text, nowNs)
        }
        return take()
    }

    mutating func image(_ image: String, triggerResponse: Bool, nowNs: UInt64) -> [Output] {
        addUserItem([.inputImage(image)])
        trigger(.message, nowNs)
        if triggerResponse, !runner.script.replaces(.message) { respond(to: "an image", nowNs) }
        return take()
    }

    mutating func requestResponse(_ response: JSONObject?, nowNs: UInt64) -> [Output] {
        trigger(.response, nowNs)
        if !runner.script.replaces(.response) {
            say(
                response?["instructions"]?.stringValue ?? "This is the loopback speaking", ms: nil,
                nowNs)
        }
        return take()
    }

    mutating func commit(nowNs: UInt64) -> [Output] {
        guard hasHeardSinceCommit else {
            fault("input_audio_buffer_commit_empty", "there is no audio to commit: speak first")
            return take()
        }
        hasHeardSinceCommit = false
        addUserItem([.inputAudio(transcript: nil)])
        trigger(.commit, nowNs)
        return take()
    }

    mutating func clear() -> [Output] {
        hasHeardSinceCommit = false
        raw("input_audio_buffer.cleared", [:])
        return take()
    }

    mutating func functionOutput(
        _ answer: FunctionCallOutput, nowNs: UInt64
    ) throws(TransportError) -> [Output] {
        guard let call = items.answer(callID: answer.callID, output: answer.output) else {
            throw TransportError(
                .invalid, "sendFunctionCallOutput: no function call has the id '\(answer.callID)'")
        }
        output.append(.event(.itemUpdate(.other(call))))
        trigger(.functionOutput, nowNs)
        if answer.startResponse, !runner.script.replaces(.functionOutput) {
            say("The function said \(answer.output)", ms: nil, nowNs)
        }
        return take()
    }

    mutating func mcpResponse(_ response: MCPResponse) throws(TransportError) -> [Output] {
        guard let request = items.approval(response.approvalRequestID) else {
            throw TransportError(
                .invalid,
                "sendMcpResponse: no approval request has the id '\(response.approvalRequestID)'")
        }
        let name = request["name"]?.stringValue ?? ""
        let call = RealtimeItem.MCPCall(
            itemID: items.newID(), status: response.approved ? .completed : .incomplete, name: name,
            arguments: request["arguments"]?.serialized() ?? "{}",
            output: response.approved ? "done" : response.reason ?? "not approved")
        items.put(call.itemID, RealtimeItem.mcpCall(call).json)
        output.append(.event(.itemUpdate(.mcpCall(call))))
        output.append(.event(.mcpToolCallCompleted(call)))
        return take()
    }

    mutating func reset(_ history: [JSONValue]) throws(TransportError) -> [Output] {
        let changes = try items.replace(by: history)
        for itemID in changes.deleted { output.append(.event(.itemDeleted(itemID: itemID))) }
        for item in changes.updated { output.append(.event(.itemUpdate(.other(item)))) }
        return take()
    }

    mutating func update(_ change: JSONObject) -> [Output] {
        for (name, value) in change.members { config[name] = value.isNull ? nil : value }
        raw("session.updated", ["session": .object(config)])
        return take()
    }

    mutating func event(_ event: JSONObject) -> [Output] {
        output.append(.event(.raw(.object(event))))
        return take()
    }

    mutating func dtmf(_ digits: String, nowNs: UInt64) -> [Output] {
        output.append(.event(.dtmf(digits: digits)))
        trigger(.dtmf, nowNs)
        return take()
    }

    mutating func interrupt(nowNs: UInt64) -> [Output] {
        cancelTurn()
        trigger(.interrupt, nowNs)
        return take()
    }

    mutating func playback(_ playback: Playback) -> [Output] {
        switch playback {
        case .flushed(let position, _): truncate(position)
        case .finished(let position), .ranDry(let position):
            spoken.removeAll { $0.itemID == position.itemID }
        case .flushEnd: spoken = []
        case .started: break
        }
        return take()
    }

    // MARK: Turns

    private mutating func respond(to text: String, _ nowNs: UInt64) {
        say("You said \(text)", ms: nil, nowNs)
    }

    private mutating func say(_ text: String, ms: Int?, _ nowNs: UInt64) {
        let durationMs = ms ?? VoiceSound.durationMs(of: text)
        let next = Turn.Text(text: text, sampleCount: durationMs * rateHz / 1000)
        guard turn == nil else {
            if waitingTurns.count < 100 { waitingTurns.append(next) }
            return
        }
        begin(next, nowNs)
    }

    private mutating func begin(_ text: Turn.Text, _ nowNs: UInt64) {
        lastResponse += 1
        let begun = Turn(
            text, itemID: items.newID(), responseID: "resp_\(lastResponse)", rateHz: rateHz,
            pace: pace, nowNs: nowNs)
        turn = begun
        if spoken.count >= 100 { spoken.removeFirst() }
        spoken.append(
            SpokenItem(itemID: begun.itemID, text: text.text, sampleCount: text.sampleCount))
        raw("response.created", ["response": ["id": .string(begun.responseID)]])
        output.append(.event(.turnStarted(providerData: ["id": .string(begun.responseID)])))
        putAssistantItem(begun.itemID, text: "", .inProgress)
    }

    private mutating func continueTurn(_ nowNs: UInt64) {
        guard var running = turn else { return }
        let step = running.step()
        turn = running
        for delta in step.deltas {
            raw(
                "response.output_audio_transcript.delta",
                ["item_id": .string(running.itemID), "delta": .string(delta)])
            output.append(
                .event(
                    .audioTranscriptDelta(
                        TextDelta(
                            itemID: running.itemID, delta: delta, responseID: running.responseID))))
        }
        output.append(.speak(step.speech))
        if step.speech.isLast { finish(running, nowNs) }
    }

    private mutating func finish(_ done: Turn, _ nowNs: UInt64) {
        turn = nil
        raw("response.output_audio.done", ["item_id": .string(done.itemID)])
        output.append(
            .event(
                .audioDone(
                    AudioDone(itemID: done.itemID, contentIndex: 0, responseID: done.responseID))))
        let item = putAssistantItem(done.itemID, text: done.text.text, .completed)
        end(done, status: "completed", item)
        if !waitingTurns.isEmpty { begin(waitingTurns.removeFirst(), nowNs) }
    }

    private mutating func cancelTurn() {
        waitingTurns = []
        guard let cancelled = turn else { return }
        turn = nil
        let item = putAssistantItem(cancelled.itemID, text: cancelled.textSoFar, .incomplete)
        end(cancelled, status: "cancelled", item)
    }

    private mutating func end(_ ended: Turn, status: String, _ item: JSONValue) {
        let usage = Usage(
            inputTokens: items.count * 10, outputTokens: ended.wordsSaid * 10,
            outputDetails: ["audioTokens": .integer(Int64(ended.wordsSaid * 10))])
        raw(
            "response.done",
            ["response": ["id": .string(ended.responseID), "status": .string(status)]])
        output.append(.event(.usageUpdate(usage)))
        output.append(
            .event(
                .turnDone(
                    TurnDone(
                        responseID: ended.responseID, status: status, output: [item], usage: usage))
            ))
    }

    /// Keeps of the transcript what was heard.
    private mutating func truncate(_ position: PlaybackPosition) {
        guard let place = spoken.firstIndex(where: { $0.itemID == position.itemID }) else { return }
        let item = spoken.remove(at: place)
        raw(
            "conversation.item.truncated",
            [
                "item_id": .string(item.itemID), "content_index": 0,
                "audio_end_ms": .integer(Int64(clamping: position.heardMs)),
            ])
        let words = item.text.split(separator: " ")
        let heardMs = Double(position.heardMs)
        let share = min(1, heardMs * Double(rateHz) / 1000 / Double(max(1, item.sampleCount)))
        let kept = words.prefix(Int(Double(words.count) * share)).joined(separator: " ")
        putAssistantItem(item.itemID, text: kept, .incomplete)
    }

    // MARK: Script

    private mutating func trigger(_ trigger: LoopbackScript.Trigger, _ nowNs: UInt64) {
        runner.trigger(trigger, nowNs: nowNs)
        while let action = runner.removeDue(nowNs: nowNs) { perform(action, nowNs) }
    }

    private mutating func perform(_ action: LoopbackScript.Action, _ nowNs: UInt64) {
        switch action {
        case .event(let type, let data): output.append(.namedEvent(type: type, data: data))
        case .raw(let event): output.append(.event(.raw(.object(event))))
        case .say(let text, let ms): say(text, ms: ms, nowNs)
        case .interrupt(let cause):
            raw("input_audio_buffer.speech_started", [:])
            cancelTurn()
            output.append(.interrupt(cause))
        case .functionCall(let name, let arguments, let callID):
            callFunction(name, arguments, callID)
        case .mcpApproval(let label, let name, let arguments):
            let request = RealtimeItem.MCPApprovalRequest(
                itemID: items.newID(), serverLabel: label, name: name, arguments: arguments)
            items.put(request.itemID, RealtimeItem.mcpApprovalRequest(request).json)
            output.append(.event(.itemUpdate(.mcpApprovalRequest(request))))
            output.append(.event(.mcpApprovalRequest(request)))
        case .dtmf(let digits): output.append(.event(.dtmf(digits: digits)))
        case .error(let code, let message): fault(code, message)
        case .disconnect(let retry, let reason): output.append(.disconnect(retry, reason: reason))
        }
    }

    private mutating func callFunction(_ name: String, _ arguments: String, _ callID: String?) {
        let itemID = items.newID()
        let callID = callID ?? "call_\(itemID)"
        let item = RealtimeItem.functionCall(
            RealtimeItem.FunctionCallItem(
                itemID: itemID, callID: callID, status: .inProgress, name: name,
                arguments: arguments))
        items.put(itemID, item.json)
        output.append(.event(.itemUpdate(item)))
        output.append(
            .event(
                .functionCall(
                    FunctionCall(id: itemID, callID: callID, name: name, arguments: arguments))))
    }

    // MARK: Pieces

    private mutating func raw(_ type: String, _ members: JSONObject) {
        var event: JSONObject = ["type": .string(type)]
        for (name, value) in members.members { event[name] = value }
        output.append(.event(.raw(.object(event))))
    }

    private mutating func fault(_ code: String, _ message: String) {
        let error: JSONValue = ["code": .string(code), "message": .string(message)]
        output.append(.event(.raw(["type": "error", "error": error])))
        output.append(.event(.error(error)))
    }

    private mutating func addUserItem(_ content: [RealtimeItem.Content]) {
        let message = RealtimeItem.Message(
            itemID: items.newID(), previousItemID: items.lastID, role: .user, content: content)
        let item = RealtimeItem.message(message)
        items.put(message.itemID, item.json)
        output.append(.event(.itemUpdate(item)))
    }

    @discardableResult
    private mutating func putAssistantItem(
        _ itemID: String, text: String, _ status: RealtimeItem.Status
    ) -> JSONValue {
        let message = RealtimeItem.Message(
            itemID: itemID, previousItemID: items.previousID(of: itemID), role: .assistant,
            status: status, content: [.outputAudio(transcript: text)])
        let item = RealtimeItem.message(message)
        items.put(itemID, item.json)
        output.append(.event(.itemUpdate(item)))
        return item.json
    }

    private mutating func take() -> [Output] {
        defer { output = [] }
        return output
    }
}

extension UserMessage {
    /// The texts of the message, for an answer that repeats them.
    var text: String {
        content.compactMap { $0["text"]?.stringValue }.joined(separator: " ")
    }
}
