import EventLoop

/// What ``SharedDevice`` needs of a stream, whichever its direction. Each stream has its own line,
/// made with it; sound flows from ``StreamHandle/Event/ready`` on.
@LoopActor
public protocol DeviceStream: AnyObject {
    /// What the engine gets.
    associatedtype Line: AnyObject & Sendable
    static var kind: AudioDevice.Kind { get }
    var line: Line { get }
    /// Asks libpulse, so it waits for the pulse thread; the two counts of them below ask nobody.
    var figures: StreamFigures { get }
    var underruns: Int { get }
    var overrunSamples: Int { get }
    /// When the server last did something for the stream, or owes nothing.
    var activityNs: UInt64 { get }
    /// Whether the server has done anything for the stream yet.
    var isProven: Bool { get }
    /// Ends it; the line gets no more sound and asks for none.
    func close()
}

/// Volume and mute of a stream, which another program may set and a new server does not know.
struct StreamLevel: Sendable, Hashable {
    var volume: Double
    var isMuted: Bool
}

/// The part that the module keeps to itself.
@LoopActor
protocol OpenableStream: DeviceStream {
    var handle: StreamHandle { get }
    init(
        connection: PulseConnection, device: String, settings: StreamSettings, level: StreamLevel?
    ) throws(PulseError)
    /// Looks after the buffer; called a few times a second.
    func maintain(nowNs: UInt64)
    /// Asks the server for volume and mute as they are.
    func askLevel(_ completion: @escaping @LoopActor @Sendable (StreamLevel?, Bool) -> Void)
    /// Once the stream is ready: what could not be said at its making.
    func restore(_ level: StreamLevel)
    static var facility: PulseConnection.Change.Facility { get }
    /// Whether each stream needs a connection that nothing else uses.
    static var hasOwnConnection: Bool { get }
}
