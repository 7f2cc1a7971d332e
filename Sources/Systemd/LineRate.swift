/// Lets through so many lines in any second and counts the rest.
///
/// What was written in the last second decides, whenever that began. Once a line was held back all are, until
/// half of those of the last second are older than that: then one line, which ``summaryDueNs`` names the
/// time of, or the next line brings along, tells how many. A value: time comes from outside, and never
/// goes back.
public struct LineRate: Sendable {
    public enum Verdict: Sendable, Equatable {
        case write
        /// Write, and say before it that so many lines were held back.
        case writeAfterSummary(heldBack: Int)
        case holdBack
    }

    /// Lines of any second, the summary among them.
    public let limit: Int
    /// Of those of the last second, oldest first; no more than ``limit``.
    private var writtenNs: [UInt64] = []
    public private(set) var heldBack = 0
    /// When to call ``takeSummary(nowNs:)``; nil while nothing was held back.
    public private(set) var summaryDueNs: UInt64?

    static var secondNs: UInt64 { 1_000_000_000 }

    /// - Parameter limit: at least 2.
    public init(limit: Int) {
        precondition(limit >= 2, "a line and its summary need room for two")
        self.limit = limit
    }

    /// Another line wants to be written.
    public mutating func admit(nowNs: UInt64) -> Verdict {
        forget(nowNs)
        if let due = summaryDueNs {
            guard nowNs >= due else {
                heldBack += 1
                return .holdBack
            }
            let missing = takeSummary(nowNs: nowNs) ?? 0
            writtenNs.append(nowNs)
            return .writeAfterSummary(heldBack: missing)
        }
        // One is kept for the summary of what comes on top.
        guard writtenNs.count < limit - 1 else {
            heldBack = 1
            summaryDueNs = roomNs
            return .holdBack
        }
        writtenNs.append(nowNs)
        return .write
    }

    /// The time has come: how many lines to report, nil for none.
    public mutating func takeSummary(nowNs: UInt64) -> Int? {
        guard let due = summaryDueNs, nowNs >= due else { return nil }
        forget(nowNs)
        writtenNs.append(nowNs)
        defer {
            heldBack = 0
            summaryDueNs = nil
        }
        return heldBack
    }

    private mutating func forget(_ nowNs: UInt64) {
        writtenNs.removeAll { nowNs - $0 >= Self.secondNs }
    }

    /// When half of the lines are a second old, and two at least fit: a summary and a line.
    private var roomNs: UInt64 {
        let leaving = max(limit / 2, writtenNs.count + 2 - limit)
        return writtenNs[leaving - 1] + Self.secondNs
    }
}
