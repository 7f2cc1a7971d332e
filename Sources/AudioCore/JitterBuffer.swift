/// Puts the packets of a network stream into order and time. [one thread, real-time safe except init
/// and deinit]
///
/// **Time.** `now` is a count of samples at the stream's clock on the listener's side: it grows by what
/// the device plays, and is the same for arrivals and pulls. A pull is due when the samples of the pull
/// before have been used up.
///
/// **Delay.** Play begins `targetSamples` after a spurt's first packet. A packet that is not there at its
/// turn is lost when a later one is there; with nothing there, time is filled and the packet still
/// awaited, so a late network makes the delay longer, once. What is longer than the network needs
/// goes again: in a pause of the sender, by not filling a loss, by leaving out a packet while it is
/// quiet, or, after five seconds, at once. So the delay does not only grow, and a drifting clock of the
/// sender costs a packet now and then.
///
/// **Bounds.** 64 packets of at most `packetBytes`. A stream whose counters jump begins anew, when two
/// consecutive packets agree on it (RFC 3550, appendix A.1).
public struct JitterBuffer: ~Copyable {
    enum Phase {
        /// No packet has come yet.
        case unsynchronised
        /// The spurt is over and nothing waits.
        case idle
        /// The first packet of a spurt waits for its time.
        case gathering
        case playing

        // Comparing by the synthesised == is no call that @_noLocks allows across files.
        var isSynchronised: Bool {
            @_noLocks get { if case .unsynchronised = self { false } else { true } }
        }
        var isIdle: Bool { @_noLocks get { if case .idle = self { true } else { false } } }
        var isGathering: Bool {
            @_noLocks get { if case .gathering = self { true } else { false } }
        }
        var isPlaying: Bool { @_noLocks get { if case .playing = self { true } else { false } } }
    }

    struct Slot {
        /// -1: free.
        var sequence: Int64
        var timestamp: Int64
        var arrival: Int64
        var byteCount: Int
        /// Which block holds the bytes.
        var block: UInt8
        var header: PacketHeader
    }

    static var slotCount: Int { @_noLocks get { 64 } }

    public let settings: Settings
    public internal(set) var statistics = JitterStatistics()

    let slots: UnsafeMutablePointer<Slot>
    let bytes: UnsafeMutablePointer<UInt8>
    /// Blocks of bytes that are free, a stack: few packets wait at a time, so few pages are touched.
    let freeBlocks: UnsafeMutablePointer<UInt8>
    var count = 0
    var phase = Phase.unsynchronised
    // Sequence numbers and timestamps without their wrap.
    var highestSequence: Int64 = 0
    var highestTimestamp: Int64 = 0
    /// The next packet's.
    var nextSequence: Int64 = 0
    /// The next sample's.
    var playTimestamp: Int64 = 0
    /// When the samples given out last are used up.
    var nextPull: Int64 = 0
    var spurtStart: Int64 = 0
    /// Bit i: packet `nextSequence - 1 - i` was here.
    var history: UInt64 = 0
    /// The sequence number that would confirm a jump; -1: none.
    var probation = -1
    /// Samples that filled time for a packet still awaited.
    var inserted: Int64 = 0
    /// Whether anything was played since the stream began.
    var hasPlayed = false
    var packetsSinceCut = 0
    var concealedAtAStretch = 0
    var senderIsSilent = false
    var frameSamples: Int
    var watch: DelayWatch
    var lastTransit: Int64 = 0
    /// The sender's clock against the listener's. Arrivals are seen at ticks of some milliseconds, so it
    /// takes minutes until a line through them means something.
    public internal(set) var skew = ClockSkew(jumpMs: 200, leastSeconds: 300)

    public init(settings: Settings) {
        precondition(settings.rateHz > 0, "a stream has a clock")
        self.settings = settings
        watch = DelayWatch(rateHz: settings.rateHz)
        frameSamples = settings.rateHz / 50
        slots = .allocate(capacity: Self.slotCount)
        bytes = .allocate(capacity: Self.slotCount * settings.packetBytes)
        let free = Slot(
            sequence: -1, timestamp: 0, arrival: 0, byteCount: 0, block: 0,
            header: PacketHeader(sequence: 0, timestamp: 0, sampleCount: 0))
        slots.initialize(repeating: free, count: Self.slotCount)
        freeBlocks = .allocate(capacity: Self.slotCount)
        for block in 0..<Self.slotCount { (freeBlocks + block).initialize(to: UInt8(block)) }
    }

    deinit {
        slots.deallocate()
        bytes.deallocate()
        freeBlocks.deallocate()
    }

    /// Packets that wait.
    public var packetCount: Int { @_noLocks get { count } }

    /// Samples between the one to be played next and the newest that is here.
    public var delaySamples: Int {
        @_noLocks get {
            guard count > 0, phase.isPlaying || phase.isGathering else { return 0 }
            return Int(max(0, highestTimestamp - playTimestamp)) + frameSamples
        }
    }
}
