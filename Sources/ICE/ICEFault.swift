/// Why ICE can't begin, or did not take something.
public struct ICEFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// A sentence.
    public let description: String

    init(_ description: String) { self.description = description }
}
