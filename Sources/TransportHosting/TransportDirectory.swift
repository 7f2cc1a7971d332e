/// A directory that is searched for plugins.
public struct TransportDirectory: Sendable, Hashable {
    public let path: String
    /// The owner and the modes are not looked at: somebody vouched for the directory on the command line.
    public let isTrusted: Bool

    public init(_ path: String, isTrusted: Bool = false) {
        self.path = path
        self.isTrusted = isTrusted
    }
}
