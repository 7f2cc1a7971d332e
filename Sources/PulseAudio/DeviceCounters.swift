/// What happened to a device since it came into use. Only grows.
public struct DeviceCounters: Sendable, Hashable {
    /// Streams lost that were running.
    public var outages = 0
    /// From the loss of each to the next running one, as far as that has come.
    public var outageNs = 0
    /// Streams made after the first.
    public var rebuilds = 0
    /// Streams lost because they stopped without an error.
    public var stalls = 0
    /// Times that a loudspeaker ran dry.
    public var underruns = 0
    /// Samples of a microphone that nobody took.
    public var overrunSamples = 0
    /// Times that another program moved the stream, or asked for a pause.
    public var moves = 0
    public var corkRequests = 0

    public init() {}

    public mutating func add(_ other: DeviceCounters) {
        outages += other.outages
        outageNs += other.outageNs
        rebuilds += other.rebuilds
        stalls += other.stalls
        underruns += other.underruns
        overrunSamples += other.overrunSamples
        moves += other.moves
        corkRequests += other.corkRequests
    }
}
