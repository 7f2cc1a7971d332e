/// A path at which a plugin was found, and what became of it.
public struct CatalogueEntry: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        /// Sessions may use it.
        case available
        /// Another file has the same id: one of an earlier directory, the one that is called as the id, or one
        /// earlier in the order.
        case shadowed(by: String)
        /// Not looked into yet.
        case unknown
        /// May not or can't be loaded: a sentence.
        case refused(reason: String)
        /// Its host died too often: a sentence.
        case failed(reason: String)
    }

    public let path: String
    public let state: State
    public var isShadowed: Bool { if case .shadowed = state { true } else { false } }
    /// The directory is exempt from the check of owners and modes.
    public let isTrusted: Bool
    /// Nil where the file was refused or is unknown.
    public let descriptor: TransportDescriptor?
    /// Host processes that run this file now.
    public let hosts: Int
}

/// A change of the catalogue.
public enum CatalogueEvent: Sendable, Hashable {
    /// A transport is there, or its file was replaced by another version.
    case added(TransportDescriptor, path: String)
    case removed(id: String, path: String)
    /// A file was refused, or its transport failed; the id where it is known.
    case failed(id: String?, path: String, reason: String)
}
