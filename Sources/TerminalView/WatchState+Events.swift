import JSON

/// From what the gateway says to what is shown. Members that are missing change nothing.
extension WatchState {
    /// Begins with the snapshot that `events.subscribe` answers.
    public mutating func take(snapshot: JSONValue) {
        takeSoundServer(snapshot["soundServer"])
        for session in snapshot["sessions"]?.arrayValue ?? [] { takeSession(session, id: nil) }
    }

    /// Takes one `event` notification: `{session?, type, data}`.
    public mutating func take(event: JSONValue) {
        let data = event["data"] ?? .null
        let id = event["session"]?.stringValue
        switch event["type"]?.stringValue {
        case "session_created": takeSession(data, id: id)
        case "session_state": takeState(data, of: id)
        case "session_closed": sessions.removeAll { $0.id == id }
        case "sound_server": takeSoundServer(data)
        case "levels": takeLevels(data, of: id)
        case "audio_transcript_delta", "output_text_delta": takeDelta(data, of: id)
        case "item_update": takeItem(data, of: id)
        case "audio_interrupted": takeInterruption(data, of: id)
        case "lost": lost += Int(data["count"]?.integerValue ?? 1)
        case "transport_failed", "error", "secret_needed":
            notice = WatchState.line(for: event)
        default: break
        }
    }

    /// What `sessions.get` answers: mutes and the latency budget.
    public mutating func take(session answer: JSONValue) {
        guard let id = answer["session"]?.stringValue else { return }
        takeSession(answer, id: id)
        update(id) { session in
            guard let budget = answer["latencyMs"]?.objectValue else { return }
            session.latency = budget.members.compactMap { name, value in
                value.numberValue.map { Stage(HumanJSON.words(name), $0) }
            }
        }
    }

    private mutating func takeSession(_ data: JSONValue, id: String?) {
        guard let id = id ?? data["session"]?.stringValue else { return }
        var session = Session(
            id: id, name: data["name"]?.stringValue,
            transport: data["transport"]?.stringValue ?? "-",
            state: data["state"]?.stringValue ?? "connecting")
        session.reason = data["reason"]?.stringValue
        put(session)
        guard let muted = data["muted"] else { return }
        update(id) {
            $0.isInputMuted = muted["input"]?.boolValue ?? $0.isInputMuted
            $0.isOutputMuted = muted["output"]?.boolValue ?? $0.isOutputMuted
        }
    }

    private mutating func takeState(_ data: JSONValue, of id: String?) {
        guard let id, let state = data["state"]?.stringValue else { return }
        update(id) {
            $0.state = state
            $0.reason = data["reason"]?.stringValue
        }
    }

    private mutating func takeSoundServer(_ data: JSONValue?) {
        guard let state = data?["state"]?.stringValue else { return }
        soundServer = state == "connected" ? state : data?["summary"]?.stringValue ?? state
    }

    private mutating func takeLevels(_ data: JSONValue, of id: String?) {
        guard let id else { return }
        update(id) {
            $0.inputDb = WatchState.level(data["input"]) ?? $0.inputDb
            $0.outputDb = WatchState.level(data["output"]) ?? $0.outputDb
        }
    }

    private mutating func takeDelta(_ data: JSONValue, of id: String?) {
        guard let id, let delta = data["delta"]?.stringValue else { return }
        update(id) {
            $0.append(delta, item: data["itemId"]?.stringValue ?? "", speaker: "peer")
        }
    }

    /// What the user said comes as an item, when the peer has understood it.
    private mutating func takeItem(_ data: JSONValue, of id: String?) {
        guard let id, let item = data["itemId"]?.stringValue, let role = data["role"]?.stringValue
        else { return }
        let text = (data["content"]?.arrayValue ?? []).compactMap { part in
            part["transcript"]?.stringValue ?? part["text"]?.stringValue
        }.joined(separator: " ")
        guard !text.isEmpty, role == "user" || role == "assistant" else { return }
        update(id) { $0.replace(text, item: item, speaker: role == "user" ? "you" : "peer") }
    }

    private mutating func takeInterruption(_ data: JSONValue, of id: String?) {
        guard let id else { return }
        let item = data["itemId"]?.stringValue
        update(id) { session in
            let index = session.transcript.lastIndex { utterance in
                utterance.speaker == "peer" && (item == nil || utterance.item == item)
            }
            if let index { session.transcript[index].wasInterrupted = true }
        }
    }

    /// The RMS of a direction, in dBFS.
    private static func level(_ value: JSONValue?) -> Double? { value?["rmsDbfs"]?.numberValue }
}
