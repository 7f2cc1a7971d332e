import Glibc

/// The environment of a process, or what a test puts in its place.
public struct Environment: Sendable {
    private let lookUp: @Sendable (String) -> String?

    public init(_ variables: [String: String]) { lookUp = { variables[$0] } }

    private init(lookUp: @escaping @Sendable (String) -> String?) { self.lookUp = lookUp }

    /// That of this process.
    public static let process = Environment { name in getenv(name).map { String(cString: $0) } }

    /// The value of a variable; nil when it is not set or empty, which are the same to Parley.
    public subscript(_ name: String) -> String? {
        guard let value = lookUp(name), !value.isEmpty else { return nil }
        return value
    }
}
