import ControlProtocol

/// Who may use the sockets, and how much of the daemon one of them may take.
public struct ControlSettings: Sendable, Equatable {
    public var control = SocketSettings()
    public var monitor = SocketSettings()
    public var audio = SocketSettings()
    public var metrics = SocketSettings()

    public var limits = ControlLimits()

    public init() {}
}

/// One of the four sockets.
public struct SocketSettings: Sendable, Equatable {
    /// Group of the socket's file, by name or number; nil leaves that of the daemon.
    public var group: String?
    /// Users and groups, by name or number, beside root and the daemon's own user. With both lists
    /// empty the file's mode alone decides.
    public var users: [String] = []
    public var groups: [String] = []

    public init() {}
}
