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

    /// Whether this is the gap between two turns: nobody speaks, nothing is generated, waits to be
    /// heard, or waits for a function's output. True at the last moment in any case.
    public func mayHandOver(nowNs: UInt64) -> Bool {
        if rollOver.isLast(nowNs: nowNs) { return true }
        return sequencer.isIdle && !ledger.isSpeaking && !isUserSpeaking && !items.hasOpenCall
            && updates.isEmpty
    }

    /// From when on ``mayHandOver(nowNs:)`` is true in any case: arm a timer for it while one
    /// waits.
    public var lastHandOverNs: UInt64? { rollOver.lastNs }

    /// The replacement did not come about: ask again later.
    public mutating func replacementFailed(nowNs: UInt64) { rollOver.failed(nowNs: nowNs) }

    /// Goes on where `old` stops; `old` must get nothing afterwards, and its socket is closed.
    /// Speech of the old connection that is still to be heard plays on; it can't be truncated any
    /// more.
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
        for update in old.updates { complete(update.command) }
        for (id, command) in old.deferred { performLate(command, id, nowNs) }
        var waiting = old.sequencer
        for request in waiting.takeWaiting() { send(sequencer.request(request)) }
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
