import JSON
import ParleyTransport

/// Barge-in: the assistant stops, and the server learns how much of it was heard.
///
///     speech_started ─► cut ─► Effect.interrupt ─► daemon ─► playback(.flushed) ─► truncate
///     session.interrupt ─► command ─► cut        ─►        "
///
/// Cutting marks everything received and not heard, and every response that runs, whether or not
/// the server is still generating it; late audio of these is dropped. Only the flush, which follows
/// the device's clock, makes truncations.
extension RealtimeClient {
    /// The server hears the user speak.
    mutating func bargeIn() {
        // With `interrupt_response` the server cancels by itself.
        if !turns.areInterrupting { cancel() }
        guard settings.output == .local else { return }
        let isAudible = ledger.hasUncut
        guard isAudible || sequencer.isRunning else { return }
        ledger.cut(running: sequencer.runningIDs)
        if isAudible { emit(.interrupt(.speech)) }
    }

    /// A client asks. The flush follows without being asked for.
    mutating func interrupted(_ nowNs: UInt64) {
        cancel()
        switch settings.output {
        case .local: ledger.cut(running: sequencer.runningIDs)
        case .server:
            send(.clear, ["type": "output_audio_buffer.clear"])
            ownClearUntilNs = nowNs + Self.clearNs
        }
    }

    /// How long a server may take to say that it cleared what it was asked to.
    static let clearNs: UInt64 = 2_000_000_000

    /// The server dropped what it had still to play: the user barged in, or we asked for it and the
    /// daemon has cut already.
    mutating func outputCleared(_ nowNs: UInt64) {
        guard settings.output == .server else { return }
        let isOwn = nowNs < ownClearUntilNs
        ownClearUntilNs = 0
        if !isOwn { emit(.interrupt(.peer)) }
    }

    /// Once for each response.
    mutating func cancel() {
        guard sequencer.beginCancel() else { return }
        send(.cancel, ["type": "response.cancel"])
    }

    mutating func truncate(_ truncation: SpeechLedger.Truncation) {
        guard phase == .ready, settings.output == .local else { return }
        send(
            .truncate(itemID: truncation.key.itemID),
            [
                "type": "conversation.item.truncate",
                "item_id": .string(truncation.key.itemID),
                "content_index": .integer(Int64(truncation.key.contentIndex)),
                "audio_end_ms": .integer(Int64(truncation.endMs)),
            ])
    }

    /// What became of the speech, from the device's clock.
    public mutating func playback(_ playback: Playback, nowNs: UInt64) {
        switch playback {
        case .started(let position), .ranDry(let position): ledger.heard(position)
        case .finished(let position):
            if let truncation = ledger.finished(position) { truncate(truncation) }
        case .flushed(let position, let cause):
            // The daemon cut of its own accord.
            if cause != .close, ledger.hasUncut, ledger.isUncut(position) {
                ledger.cut(running: sequencer.runningIDs)
            }
            if let truncation = ledger.flushed(position), cause != .close { truncate(truncation) }
        case .flushEnd(let cause):
            for truncation in ledger.flushEnd() where cause != .close { truncate(truncation) }
        }
    }
}
