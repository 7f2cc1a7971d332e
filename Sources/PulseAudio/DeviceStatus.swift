/// How a device that sessions hold is doing; a snapshot.
public struct DeviceStatus: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        /// Nothing to play on or to listen to, and why.
        case away(reason: String)
        case opening(device: String)
        case running(device: String)
        /// The server has switched the device off (for another program, or to save power): no sound
        /// until it switches it on. The stream waits there.
        case suspended(device: String)

        /// The device in use or being opened.
        public var device: String? {
            switch self {
            case .away: nil
            case .opening(let device), .running(let device), .suspended(let device): device
            }
        }
    }

    public var state: State = .away(reason: "not opened yet")
    /// Streams lost that were running.
    public var outages = 0
    /// Streams made after the first.
    public var rebuilds = 0
    /// Streams lost because they stopped without an error.
    public var stalls = 0
    /// From the loss of the stream to the next running one, last and in all.
    public var lastOutageMs = 0.0
    public var totalOutageMs = 0.0
    /// Of the stream that runs; counts include those before it.
    public var stream = StreamFigures()

    /// The device in use or being opened.
    public var device: String? { state.device }

    /// One sentence for people.
    public var summary: String {
        switch state {
        case .away(let reason): reason
        case .opening(let device): "opening \(device)"
        case .running(let device): "running on \(device)"
        case .suspended(let device): "\(device) is suspended by the sound server"
        }
    }
}
