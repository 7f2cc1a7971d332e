import SRTP

/// Why a datagram of the peer was thrown away.
public enum DiscardCause: String, Sendable, Hashable, CaseIterable {
    /// Larger than any media packet.
    case oversized
    /// Neither DTLS nor media.
    case unknownKind
    /// Media before there were keys for it.
    case beforeKeys
    case replayed
    case forged
    case malformed

    init(_ fault: SRTPFault) {
        self =
            switch fault {
            case .replayed, .tooOld: .replayed
            case .malformed, .noRoom: .malformed
            default: .forged
            }
    }

    var sentence: String {
        switch self {
        case .oversized: "datagrams larger than any media packet"
        case .unknownKind: "datagrams that are neither DTLS nor media"
        case .beforeKeys: "media that came before its keys were agreed on"
        case .replayed: "packets that were received before"
        case .forged: "packets that are damaged, or protected by another key"
        case .malformed: "packets that contradict themselves"
        }
    }
}

/// Counts what is thrown away, and says when it is worth a line in the log: at most one per cause in
/// 10 s, so that a flood fills no disk.
struct Discards {
    private static var silenceNs: UInt64 { 10_000_000_000 }
    private(set) var counts: [DiscardCause: UInt64] = [:]
    private var told: [DiscardCause: (atNs: UInt64, count: UInt64)] = [:]

    var total: UInt64 { counts.values.reduce(0, +) }

    /// - Returns: a line for the log, or nil.
    mutating func note(_ cause: DiscardCause, nowNs: UInt64) -> String? {
        let count = counts[cause, default: 0] + 1
        counts[cause] = count
        let last = told[cause]
        if let last, nowNs - min(nowNs, last.atNs) < Self.silenceNs { return nil }
        told[cause] = (nowNs, count)
        return "dropped \(count - (last?.count ?? 0)) of the peer's datagrams: \(cause.sentence)"
    }
}
