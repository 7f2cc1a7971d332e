/// How much one client, or all of them, may take.
public struct ControlLimits: Sendable, Equatable {
    // Sizes in bytes.
    public var lineSize = 1 << 20
    /// For lines that carry an image, an event or a clip.
    public var largeLineSize = 16 << 20
    public var nesting = 64
    /// Requests of one client that wait for their answer.
    public var requestsInFlight = 16
    public var requestBurst = 200
    public var requestsPerSecond = 100
    /// So many bytes of a line count as one more request.
    public var bytesPerRequest = 256 << 10
    /// A line that has not ended and is longer must end within ``unendedLineTime``.
    public var unendedLineSize = 64 << 10
    public var unendedLineTime = Duration.seconds(30)
    /// Of such lines, of all clients and of one user's together.
    public var unendedBytes = 64 << 20
    public var unendedBytesPerUser = 32 << 20
    /// Of control.sock and monitor.sock together.
    public var clients = 64
    public var clientsPerUser = 32
    /// Of `clients`, kept for root and the daemon's own user.
    public var reservedClients = 2
    public var firstRequestTimeout = Duration.seconds(5)
    /// What may wait for one client beside the reply being written.
    public var outgoingBuffer = 256 << 10
    /// A client above this for ``slowReaderTime`` is cut.
    public var slowReaderSize = 64 << 10
    public var slowReaderTime = Duration.seconds(5)

    /// Longer raw events come as their type and size.
    public var eventSize = 128 << 10

    public init() {}
}
