/// Why a text is no session description.
public struct DescriptionFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// Counted from 1; nil where the whole is meant.
    public let line: Int?
    /// What is wrong, without the place: the end of a sentence.
    public let reason: String

    public init(line: Int? = nil, _ reason: String) {
        self.line = line
        self.reason = reason
    }

    /// A sentence.
    public var description: String {
        guard let line else { return "The session description \(reason)." }
        return "Line \(line) of the session description \(reason)."
    }
}

/// How long a description may be. Real ones are under 10 KiB and have lines under 1 KiB.
public enum DescriptionLimits {
    public static var bytes: Int { 65_536 }
    public static var lineBytes: Int { 4_096 }
    public static var sections: Int { 32 }
}
