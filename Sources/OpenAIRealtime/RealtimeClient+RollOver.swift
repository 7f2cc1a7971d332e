import JSON
import ParleyTransport

/// One connection takes the place of another while the session goes on.
///
///     old: Effect.rollOver ─► owner opens a second socket for `next = old.successor()`
///     next: Effect.connected ─► owner waits until old.mayHandOver ─► next.takeOver(from: old)
///
/// Until the hand-over everything goes through the old one, so no sound is lost by the wait.
extension RealtimeClient {
    /// The next connection's client: same config, same conversation, nothing sent yet.
    public func successor() -> RealtimeClient {
        var next = RealtimeClient(settings, configuration: configuration, items: items.json)
        next.usage = usage
        next.rateLimits = rateLimits
        return next
    }

    /// How long a server may take to begin its answer to a turn.
    static let answerNs: UInt64 = 3_000_000_000

    /// Whether this is the gap between two turns: nobody speaks, nothing is generated, waits to be
    /// heard, or waits for a function's output. At the last moment it is true in any case, but for a
    /// turn that the server has heard and not begun to answer: it would be lost.
    public func mayHandOver(nowNs: UInt64) -> Bool {
        if let answerDueNs, nowNs < answerDueNs { return false }
        if rollOver.isLast(nowNs: nowNs) { return true }
        return sequencer.isIdle && !ledger.isSpeaking && !isUserSpeaking && !items.hasOpenCall
            && updates.isEmpty
    }

    /// The replacement did not come about: ask again later.
    public mutating func replacementFailed(nowNs: UInt64) { rollOver.failed(nowNs: nowNs) }

    /// Goes on where `old` stops; `old` must get nothing afterwards, and its socket is closed. What
    /// the user has said of a turn is said again, because the new server has not heard it. Speech of
    /// the old connection that is still to be heard plays on, and a barge-in cuts it; it can't be
    /// truncated any more. An answer in the middle of its making ends there.
    public mutating func takeOver(from old: RealtimeClient, nowNs: UInt64) {
        let given = Set(items.list.map(\.itemID))
        restore(old.items.list.filter { !given.contains($0.itemID) }.map(\.json))
        for item in items.list where old.items[item.itemID] == nil {
            send(["type": "conversation.item.delete", "item_id": .string(item.itemID)])
        }
        usage = old.usage
        announcedCalls = old.announcedCalls
        if old.configuration != configuration {
            let before = configuration
            configuration = old.configuration
            resend(before, nowNs)
        }
        endAnswers(of: old)
        if old.inputFormat == inputFormat {
            var unfinished = old.input.unfinished
            sendKept(unfinished.removeAll())
        }
        for update in old.updates { complete(update.command) }
        for (id, command) in old.deferred { performLate(command, id, nowNs) }
        var waiting = old.sequencer
        for request in waiting.takeWaiting() { send(sequencer.request(request)) }
    }

    /// Tells the end of what the old server will not finish.
    private mutating func endAnswers(of old: RealtimeClient) {
        for entry in ledger.takeOver(from: old.ledger) {
            tellEnd(entry)
            emit(
                .audioDone(
                    AudioDone(
                        itemID: entry.key.itemID, contentIndex: entry.key.contentIndex,
                        responseID: entry.responseID)))
        }
        for case .message(var message) in old.items.list where message.status == .inProgress {
            message.status = .incomplete
            emit(.itemUpdate(.message(message)))
        }
        for responseID in old.sequencer.runningIDs {
            emit(.turnDone(TurnDone(responseID: responseID, status: "incomplete")))
        }
    }

    private mutating func resend(_ before: SessionConfiguration, _ nowNs: UInt64) {
        let eventID = ownEvents.id(for: .configure)
        updates.append(
            PendingUpdate(
                eventID: eventID, command: nil, before: before, asked: configuration,
                untilNs: nowNs + settings.acknowledgeMs * 1_000_000))
        send([
            "type": "session.update", "event_id": .string(eventID),
            "session": .object(configuration.payload(dialect)),
        ])
    }
}
