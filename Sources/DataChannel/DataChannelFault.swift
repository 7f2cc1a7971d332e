/// Why data channels do not come about, or ended.
public struct DataChannelFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// A sentence.
    public let description: String

    init(_ description: String) { self.description = description }
}
