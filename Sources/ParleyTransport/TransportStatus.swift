import CParleyTransport

/// The states of a transport. Connected means configured, and acknowledged by the peer.
public enum TransportStatus: UInt32, Sendable, Hashable {
    case disconnected = 0
    case connecting = 1
    case connected = 2
    case disconnecting = 3
}

/// Why a connection ended, and whether it makes sense to connect again. Only the daemon reconnects.
public struct DisconnectReason: Sendable, Hashable {
    public enum Retry: Sendable, Hashable {
        /// The connection broke.
        case now
        /// Not before so many milliseconds.
        case later(afterMs: UInt32)
        /// Fatal: a wrong key, no such model.
        case never
        /// The conversation is over: either side hung up.
        case ended
    }

    public var retry: Retry
    /// A stable word for programs, such as `unauthorized`.
    public var code: String?
    /// A sentence for people.
    public var message: String?

    public init(_ retry: Retry, code: String? = nil, message: String? = nil) {
        self.retry = retry
        self.code = code
        self.message = message
    }

    /// The session was closed by ``TransportLayer/close()``.
    public static let closed = DisconnectReason(.ended, code: "closed")
}

/// Why a command or a connect was not done.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Int32, Sendable, Hashable {
        case invalid = -1
        case notSupported = -2
        case notConnected = -3
        case full = -4
        case noMemory = -5
        case failed = -6
    }

    public var code: Code
    /// A sentence that says what happened and what to do.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    /// What the default implementation of a command answers.
    public static func notSupported(_ command: String) -> TransportError {
        TransportError(.notSupported, "this transport has no \(command)")
    }
}
