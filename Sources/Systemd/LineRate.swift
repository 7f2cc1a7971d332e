/// Lets through so many lines a second and counts the rest.
///
/// The window is a second from its first line on; what was held back in it is reported by one line at
/// its end, which ``summaryDueNs`` names, or before the next line.
public struct LineRate: Sendable {
    public enum Verdict: Sendable, Equatable {
        case write
        /// Write, and say before it that so many lines were held back.
        case writeAfterSummary(heldBack: Int)
        case holdBack
    }

    /// Lines a second, the summary among them.
    public let limit: Int
    private var windowNs: UInt64?
    private var written = 0
    public private(set) var heldBack = 0

    static var secondNs: UInt64 { 1_000_000_000 }

    /// - Parameter limit: at least 2.
    public init(limit: Int) { self.limit = limit }

    /// Another line wants to be written.
    public mutating func admit(nowNs: UInt64) -> Verdict {
        if let start = windowNs, nowNs < start + Self.secondNs {
            // One is kept for the summary of what comes on top.
            guard written < limit - 1 else {
                heldBack += 1
                return .holdBack
            }
            written += 1
            return .write
        }
        let missing = heldBack
        windowNs = nowNs
        heldBack = 0
        written = missing > 0 ? 2 : 1
        return missing > 0 ? .writeAfterSummary(heldBack: missing) : .write
    }

    /// When to call ``takeSummary(nowNs:)``; nil while nothing was held back.
    public var summaryDueNs: UInt64? {
        guard heldBack > 0, let windowNs else { return nil }
        return windowNs + Self.secondNs
    }

    /// The time has come: how many lines to report, nil for none.
    public mutating func takeSummary(nowNs: UInt64) -> Int? {
        guard let due = summaryDueNs, nowNs >= due else { return nil }
        defer { heldBack = 0 }
        windowNs = nowNs
        written = 1
        return heldBack
    }
}
