import JSON
import ParleyTransport

/// From the open socket to `session.updated`, and the end.
extension RealtimeClient {
    /// The socket is open (after the WebSocket handshake; with WebRTC the data channel).
    ///
    /// - Parameter unixSeconds: the time of day, for `expires_at`.
    public mutating func opened(nowNs: UInt64, unixSeconds: Int64) {
        guard phase == .idle else { return }
        openedUnixSeconds = unixSeconds
        rollOver.opened(expiresAt: nil, unixSeconds: unixSeconds, nowNs: nowNs)
        phase = .greeting(untilNs: nowNs + settings.greetingMs * 1_000_000)
        openedNs = nowNs
        if settings.dialect != nil { configure(nowNs) }
    }

    /// The socket was closed by the other side, or broke: code 1006 then.
    public mutating func closed(code: Int, reason: String, nowNs: UInt64) {
        end(.closed(code: code, reason: reason, after: lastFault))
    }

    /// No connection came about, or the owner ends it.
    public mutating func fail(_ reason: DisconnectReason) { end(reason) }

    mutating func end(_ reason: DisconnectReason) {
        guard phase != .over else { return }
        phase = .over
        let error = TransportError(
            .notConnected, reason.message ?? "the connection to the server ended")
        for update in updates { complete(update.command, error) }
        for (id, _) in deferred { complete(id, error) }
        updates = []
        deferred = []
        sequencer.close()
        emit(.disconnect(reason))
    }

    mutating func configure(_ nowNs: UInt64) {
        let eventID = ownEvents.id(for: .configure)
        phase = .configuring(
            eventID: eventID, untilNs: nowNs + settings.acknowledgeMs * 1_000_000)
        send([
            "type": "session.update", "event_id": .string(eventID),
            "session": .object(configuration.payload(dialect)),
        ])
    }

    mutating func created(_ session: JSONObject, _ nowNs: UInt64) {
        adoptExpiry(session, nowNs)
        tracing.serverSays(session["tracing"])
        if settings.dialect == nil {
            let isOld = session["modalities"] != nil || session["input_audio_format"] != nil
            dialect = isOld && session["audio"] == nil ? .beta : .generalAvailability
        }
        if case .greeting = phase { configure(nowNs) }
    }

    private mutating func adoptExpiry(_ session: JSONObject, _ nowNs: UInt64) {
        let elapsed = (nowNs - min(nowNs, openedNs)) / 1_000_000_000
        rollOver.opened(
            expiresAt: session["expires_at"]?.integerValue,
            unixSeconds: openedUnixSeconds + Int64(clamping: elapsed), nowNs: nowNs)
    }

    mutating func updated(_ session: JSONObject, _ nowNs: UInt64) {
        adoptExpiry(session, nowNs)
        let detection = session["audio"]?["input"]?["turn_detection"] ?? session["turn_detection"]
        turns = TurnDetection(serverSays: detection)
        switch phase {
        case .configuring:
            adoptFormats(session)
            ready(nowNs)
        case .ready:
            adoptFormats(session)
            if !updates.isEmpty { complete(updates.removeFirst().command) }
        default: break
        }
    }

    /// What the server says is in force, or else what it was asked for.
    private mutating func adoptFormats(_ session: JSONObject) {
        let asked = updates.first?.asked ?? configuration
        let audio = session["audio"]
        let toPeer =
            Self.format(audio?["input"]?["format"] ?? session["input_audio_format"])
            ?? asked.inputFormat
        let fromPeer =
            Self.format(audio?["output"]?["format"] ?? session["output_audio_format"])
            ?? asked.outputFormat
        guard toPeer != inputFormat || fromPeer != outputFormat else { return }
        inputFormat = toPeer
        outputFormat = fromPeer
        emit(.formats(toPeer: toPeer, fromPeer: fromPeer))
    }

    private static func format(_ value: JSONValue?) -> AudioFormat? {
        guard let value, let wire = SessionConfiguration.wireFormat(value) else { return nil }
        return SessionConfiguration.format(wire)
    }

    private mutating func ready(_ nowNs: UInt64) {
        phase = .ready
        trace(nowNs)
        restore(restored)
        restored = []
        emit(.connected)
        sendKept(backlog.removeAll())
        let commands = deferred
        deferred = []
        for (id, command) in commands { performLate(command, id, nowNs) }
    }

    /// Sends sound of before, all of it.
    mutating func sendKept(_ sound: [UInt8]) {
        sound.withUnsafeBytes { sound in
            let size = 100 * Self.bytesPerMs(inputFormat)
            for start in stride(from: 0, to: sound.count, by: size) {
                let piece = UnsafeRawBufferPointer(
                    rebasing: sound[start..<min(start + size, sound.count)])
                input.append(piece, inputFormat, isTurn: true)
                var message: [UInt8] = []
                AudioMessage.write(piece, into: &message)
                emit(.send(message))
            }
        }
    }

    /// Answers a command that had to wait.
    mutating func performLate(_ command: TransportCommand, _ id: CommandID, _ nowNs: UInt64) {
        do throws(TransportError) {
            if try perform(command, id: id, nowNs: nowNs) == .done { complete(id) }
        } catch {
            complete(id, error)
        }
    }

    mutating func trace(_ nowNs: UInt64) {
        guard dialect == .generalAvailability else { return }
        switch tracing.want(configuration.tracing) {
        case .nothing: break
        case .isFixed: emit(.log("the session's tracing can't be changed once it is an object"))
        case .send(let value):
            let eventID = ownEvents.id(for: .tracing)
            updates.append(
                PendingUpdate(
                    eventID: eventID, command: nil, before: configuration, asked: configuration,
                    untilNs: nowNs + settings.acknowledgeMs * 1_000_000))
            send([
                "type": "session.update", "event_id": .string(eventID),
                "session": ["type": "realtime", "tracing": value],
            ])
        }
    }

    /// Gives the server a conversation that it does not know, in order.
    mutating func restore(_ history: [JSONValue]) {
        for item in history {
            let wire = ItemMessage.replay(item).map { [$0] } ?? ItemMessage.replayCall(item)
            for part in wire {
                if let itemID = part["id"]?.stringValue { echoes.insert(itemID) }
                send(
                    .replay(itemID: part["id"]?.stringValue ?? ""),
                    ["type": "conversation.item.create", "item": .object(part)])
            }
            if !wire.isEmpty { keep(item) }
        }
    }

    /// Remembers an item as the daemon has it.
    private mutating func keep(_ item: JSONValue) {
        guard let known = RealtimeItem(history: item) else { return }
        _ = items.put(known, behind: .unknown)
    }
}
