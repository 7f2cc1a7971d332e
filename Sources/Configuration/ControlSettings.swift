/// Who may use the sockets, and how much of the daemon one of them may take.
public struct ControlSettings: Sendable, Equatable {
    public var control = SocketSettings()
    public var monitor = SocketSettings()
    public var audio = SocketSettings()

    // Sizes in bytes.
    /// Longest request line.
    public var lineSize = 1 << 20
    /// Longest request line that carries an image, an event or a clip.
    public var largeLineSize = 16 << 20
    public var nesting = 64
    /// Requests of one client that wait for their answer.
    public var requestsInFlight = 16
    /// Requests of one client at once, after a rest.
    public var requestBurst = 200
    public var requestsPerSecond = 100
    /// Clients of control.sock and monitor.sock together.
    public var clients = 64
    public var clientsPerUser = 32
    /// Of `clients`, those kept for root and the daemon's own user.
    public var reservedClients = 2
    /// Until the first request of a client.
    public var firstRequestTimeout = Duration.seconds(5)
    /// What may wait for one client.
    public var outgoingBuffer = 256 << 10
    /// A client above this for ``slowReaderTime`` is cut.
    public var slowReaderSize = 64 << 10
    public var slowReaderTime = Duration.seconds(5)
    /// Longer raw events come as their type and size.
    public var eventSize = 128 << 10

    public init() {}
}

/// One of the three sockets.
public struct SocketSettings: Sendable, Equatable {
    /// Group of the socket's file, by name or number; nil leaves that of the daemon.
    public var group: String?
    /// Users and groups, by name or number, beside root and the daemon's own user. With both lists
    /// empty the file's mode alone decides.
    public var users: [String] = []
    public var groups: [String] = []

    public init() {}
}
