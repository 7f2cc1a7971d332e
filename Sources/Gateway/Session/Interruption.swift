import CParleyTransport
import JSON
import MediaEngine

/// Gathers the reports of one flush into the one `audio_interrupted` that clients see.
struct Interruption {
    private var cut: [PlaybackFeedback] = []

    /// What to tell clients, when `report` ends a flush that they should hear of.
    ///
    /// - Parameter always: also when nothing was playing, because the peer keeps the queue.
    mutating func take(_ report: PlaybackFeedback, always: Bool) -> JSONValue? {
        switch Int(report.kind) {
        case PARLEY_PLAYBACK_FLUSHED:
            cut.append(report)
            return nil
        case PARLEY_PLAYBACK_FLUSH_END:
            defer { cut = [] }
            // Sessions that end or reconnect tell so by their state.
            guard Int(report.cause) != PARLEY_CAUSE_CLOSE, always || !cut.isEmpty else {
                return nil
            }
            return Self.event(cause: report.cause, cut: cut)
        default:
            return nil
        }
    }

    /// The item that the listener was hearing is the last one of which anything was heard; when
    /// nothing was, the first that waited.
    private static func event(cause: UInt32, cut: [PlaybackFeedback]) -> JSONValue {
        var data = JSONObject()
        if let item = cut.last(where: { $0.heardSamples > 0 }) ?? cut.first {
            if let id = item.itemID {
                data["itemId"] = .string(id)
                data["contentIndex"] = .integer(Int64(item.contentIndex))
            }
            let rate = UInt64(max(item.rateHz, 1))
            data["heardMs"] = .integer(Int64(item.heardSamples * 1_000 / rate))
        }
        data["cause"] = .string(name(ofCause: cause))
        return .object(data)
    }

    static func name(ofCause cause: UInt32) -> String {
        switch Int(cause) {
        case PARLEY_CAUSE_SPEECH: "speech"
        case PARLEY_CAUSE_CLIENT: "client"
        case PARLEY_CAUSE_PEER: "peer"
        default: "close"
        }
    }
}
