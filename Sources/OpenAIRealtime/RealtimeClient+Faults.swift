import JSON
import ParleyTransport

/// Errors of the server: the user's, those of races that this client causes itself, and those that
/// end the session.
extension RealtimeClient {
    mutating func handle(_ fault: ServerFault, _ raw: JSONValue, _ nowNs: UInt64) {
        if let purpose = ownEvents.purpose(of: fault.eventID) {
            if isOwn(purpose, fault, nowNs) { return }
        } else if case .configuring = phase, fault.eventID == nil, settings.dialect == nil,
            dialect == .generalAvailability, fault.isAboutDialect
        {
            return speakBeta(nowNs)
        } else if fault.code == "response_cancel_not_active", fault.eventID == nil {
            return send(sequencer.cancelWasRefused())
        }
        if let place = updates.firstIndex(where: { $0.eventID == fault.eventID }) {
            refuse(place, fault)
        }
        let (refusal, create) = sequencer.refused(fault)
        defer { send(create) }
        if refusal == .retries { return }
        lastFault = fault
        emit(.error(raw))
        if let reason = DisconnectReason.ending(fault) { end(reason) }
    }

    /// Whether the fault needs no telling.
    private mutating func isOwn(
        _ purpose: OwnEvents.Purpose, _ fault: ServerFault, _ nowNs: UInt64
    ) -> Bool {
        switch purpose {
        case .cancel:
            send(sequencer.cancelWasRefused())
            return fault.code == "response_cancel_not_active"
        case .truncate(let itemID), .retrieve(let itemID):
            // The item is gone, or shorter at the server than here: there is nothing to put right.
            emit(.log("the server refused to adjust item \(itemID): \(fault.code ?? "no code")"))
            return true
        case .replay(let itemID):
            emit(.log("the server did not take item \(itemID) back: \(fault.code ?? "no code")"))
            echoes.remove(itemID)
            return true
        case .tracing:
            updates.removeAll { $0.eventID == fault.eventID }
            emit(.log("the server refused tracing: \(fault.code ?? "no code")"))
            return true
        case .commit:
            input.commitWasRefused()
            return fault.code == "input_audio_buffer_commit_empty"
        case .clear: return false
        case .configure:
            guard case .configuring = phase else { return false }
            if settings.dialect == nil, dialect == .generalAvailability, fault.isAboutDialect {
                speakBeta(nowNs)
                return true
            }
            end(
                DisconnectReason(
                    .never, code: fault.code ?? "invalid_config",
                    message: fault.message ?? "the server refused the session config"))
            return true
        }
    }

    private mutating func speakBeta(_ nowNs: UInt64) {
        dialect = .beta
        configure(nowNs)
    }

    private mutating func refuse(_ place: Int, _ fault: ServerFault) {
        let update = updates.remove(at: place)
        if place == updates.count { configuration = update.before }
        complete(
            update.command,
            TransportError(.invalid, fault.message ?? "the server refused the session config"))
    }
}
