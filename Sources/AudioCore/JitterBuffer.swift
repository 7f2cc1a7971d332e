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
/// **Bounds.** 64 packets of at most 1500 bytes. A stream whose counters jump begins anew, when two
/// consecutive packets agree on it (RFC 3550, appendix A.1).
public struct JitterBuffer: ~Copyable {
    public struct Settings: Sendable, Equatable {
        /// The stream's clock: 48000 for Opus, 8000 for G.711.
        public var rateHz: Int
        /// Time between a spurt's first packet and its playing.
        public var targetSamples: Int
        /// More than this is left out at once.
        public var maximumSamples: Int
        /// Invented at a stretch; then comes silence.
        public var concealmentSamples: Int
        /// A packet of at most so many bytes says that the sender falls silent (Opus: 2); -1 for none.
        public var silentPacketBytes: Int

        /// - Parameter frameMs: length of a packet, from which the target follows: half of it, since the
        ///   sender's pace and ours are not aligned, and at least 5 ms.
        public init(rateHz: Int, frameMs: Int = 20, silentPacketBytes: Int = -1) {
            self.rateHz = rateHz
            targetSamples = rateHz * max(5_000, frameMs * 500) / 1_000_000
            maximumSamples = targetSamples + rateHz / 5
            concealmentSamples = rateHz / 10
            self.silentPacketBytes = silentPacketBytes
        }
    }

    public enum Arrival: Sendable {
        case stored
        /// Its turn is over.
        case late
        case duplicate
        /// Malformed, or of another stream until a second packet confirms it.
        case refused
    }

    private enum Phase {
        /// No packet has come yet.
        case unsynchronised
        /// The spurt is over and nothing waits.
        case idle
        /// The first packet of a spurt waits for its time.
        case gathering
        case playing
    }

    private struct Slot {
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
    static var slotBytes: Int { @_noLocks get { 1_500 } }

    public let settings: Settings
    public private(set) var statistics = JitterStatistics()

    private let slots: UnsafeMutablePointer<Slot>
    private let bytes: UnsafeMutablePointer<UInt8>
    /// Blocks of bytes that are free, a stack: few packets wait at a time, so few pages are touched.
    private let freeBlocks: UnsafeMutablePointer<UInt8>
    private var count = 0
    private var phase = Phase.unsynchronised
    // Sequence numbers and timestamps without their wrap.
    private var highestSequence: Int64 = 0
    private var highestTimestamp: Int64 = 0
    /// The next packet's.
    private var nextSequence: Int64 = 0
    /// The next sample's.
    private var playTimestamp: Int64 = 0
    /// When the samples given out last are used up.
    private var nextPull: Int64 = 0
    private var spurtStart: Int64 = 0
    /// Bit i: packet `nextSequence - 1 - i` was here.
    private var history: UInt64 = 0
    /// The sequence number that would confirm a jump; -1: none.
    private var probation = -1
    /// Samples that filled time for a packet still awaited.
    private var inserted: Int64 = 0
    /// Whether anything was played since the stream began.
    private var hasPlayed = false
    private var packetsSinceCut = 0
    private var concealedAtAStretch = 0
    private var senderIsSilent = false
    private var frameSamples: Int
    private var watch: DelayWatch
    private var lastTransit: Int64 = 0

    public init(settings: Settings) {
        precondition(settings.rateHz > 0, "a stream has a clock")
        self.settings = settings
        watch = DelayWatch(rateHz: settings.rateHz)
        frameSamples = settings.rateHz / 50
        slots = .allocate(capacity: Self.slotCount)
        bytes = .allocate(capacity: Self.slotCount * Self.slotBytes)
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
            guard count > 0, phase == .playing || phase == .gathering else { return 0 }
            return Int(max(0, highestTimestamp - playTimestamp)) + frameSamples
        }
    }

    // MARK: Arrival

    @_noLocks
    @discardableResult
    public mutating func insert(
        _ header: PacketHeader, bytes packet: UnsafePointer<UInt8>, byteCount: Int, now: Int64
    ) -> Arrival {
        statistics.packetsReceived += 1
        guard byteCount >= 0, byteCount <= Self.slotBytes, header.sampleCount > 0,
            header.sampleCount <= settings.rateHz
        else { return refuse() }
        guard phase != .unsynchronised else {
            begin(at: header, bytes: packet, byteCount: byteCount, now: now)
            return .stored
        }
        let step = Int64(
            Int16(bitPattern: header.sequence &- UInt16(truncatingIfNeeded: highestSequence)))
        let ticks = Int64(
            Int32(bitPattern: header.timestamp &- UInt32(truncatingIfNeeded: highestTimestamp)))
        guard isPlausible(step: step, ticks: ticks) else {
            if probation == Int(header.sequence) {
                statistics.resynchronisations += 1
                begin(at: header, bytes: packet, byteCount: byteCount, now: now)
                return .stored
            }
            probation = Int(header.sequence &+ 1)
            return refuse()
        }
        probation = -1
        let sequence = highestSequence + step
        let timestamp = highestTimestamp + ticks

        if sequence < nextSequence {
            if !hasPlayed, nextSequence - sequence < 16, highestSequence - sequence < 64 {
                // Not begun yet: the spurt just starts earlier.
                nextSequence = sequence
                playTimestamp = timestamp
                history = 0
            } else {
                return refuseLate(sequence)
            }
        }
        if sequence - nextSequence >= Int64(Self.slotCount) {
            // More is missing than the buffer spans: what waits is too old to be worth it.
            statistics.packetsLost += Int(sequence - nextSequence) - count
            statistics.packetsDiscarded += count
            statistics.resynchronisations += 1
            begin(at: header, bytes: packet, byteCount: byteCount, now: now)
            return .stored
        }
        let place = Self.place(sequence)
        guard slots[place].sequence != sequence else {
            statistics.packetsDuplicated += 1
            return .duplicate
        }
        noteJitter(timestamp: timestamp, now: now)
        if phase == .playing {
            watch.note(margin: timestamp - playTimestamp + nextPull - now, now: now)
        }
        if sequence > highestSequence {
            highestSequence = sequence
            highestTimestamp = timestamp
        }
        store(header, sequence, timestamp, packet, byteCount, now)
        if phase == .idle {
            phase = .gathering
            spurtStart = now
        }
        return .stored
    }

    /// Sequence and time go the same way, not too far. (A pause of the sender moves time only.)
    @_noLocks
    private func isPlausible(step: Int64, ticks: Int64) -> Bool {
        let span = Int64(settings.rateHz)
        if step > 0 { return step < 3_000 && ticks > 0 && ticks < 120 * span }
        if step < 0 { return step > -100 && ticks < 0 && ticks > -120 * span }
        return ticks == 0
    }

    @_noLocks
    private mutating func refuse() -> Arrival {
        statistics.packetsDiscarded += 1
        return .refused
    }

    @_noLocks
    private mutating func refuseLate(_ sequence: Int64) -> Arrival {
        let age = nextSequence - 1 - sequence
        if age < 64, history & (1 &<< UInt64(age)) != 0 {
            statistics.packetsDuplicated += 1
            return .duplicate
        }
        if age < 64 {
            history |= 1 &<< UInt64(age)
            statistics.packetsLost = max(0, statistics.packetsLost - 1)
        }
        statistics.packetsDiscarded += 1
        return .late
    }

    /// Begins anew with this packet.
    @_noLocks
    private mutating func begin(
        at header: PacketHeader, bytes packet: UnsafePointer<UInt8>, byteCount: Int, now: Int64
    ) {
        clear()
        // Room below for packets that come out of order.
        nextSequence = Int64(header.sequence) + 0x1_0000
        playTimestamp = Int64(header.timestamp) + 0x1_0000_0000
        highestSequence = nextSequence
        highestTimestamp = playTimestamp
        lastTransit = now - playTimestamp
        phase = .gathering
        spurtStart = now
        frameSamples = header.sampleCount
        store(header, nextSequence, playTimestamp, packet, byteCount, now)
    }

    @_noLocks
    private mutating func store(
        _ header: PacketHeader, _ sequence: Int64, _ timestamp: Int64,
        _ packet: UnsafePointer<UInt8>, _ byteCount: Int, _ now: Int64
    ) {
        let place = Self.place(sequence)
        // One for each packet that waits is in use, and the place was free.
        let block = freeBlocks[Self.slotCount - 1 - count]
        slots[place].block = block
        slots[place].sequence = sequence
        slots[place].timestamp = timestamp
        slots[place].arrival = now
        slots[place].byteCount = byteCount
        slots[place].header = header
        UnsafeMutableRawPointer(bytes + Int(block) * Self.slotBytes)
            .copyMemory(from: packet, byteCount: byteCount)
        count += 1
    }

    @_noLocks
    private mutating func noteJitter(timestamp: Int64, now: Int64) {
        let transit = now - timestamp
        let change = Double(abs(transit - lastTransit)) / Double(settings.rateHz)
        lastTransit = transit
        statistics.jitter += (change - statistics.jitter) / 16
    }

    // MARK: Play

    /// Says what is to be played from `now` on.
    /// - Parameter isQuiet: whether what was played last is so quiet that a cut in it is not heard.
    @_noLocks
    public mutating func pull(now: Int64, isQuiet: Bool = false) -> JitterPull {
        if phase == .gathering {
            guard now - spurtStart >= Int64(settings.targetSamples) else { return .wait }
            startSpurt(now: now)
        }
        guard phase == .playing else { return .wait }
        // Each turn leaves out a packet or ends; there are at most 64.
        while true {
            guard count > 0 else { return fillTime(now: now) }
            let place = Self.place(nextSequence)
            guard slots[place].sequence == nextSequence else {
                if let filling = fillLoss(now: now) { return filling }
                continue
            }
            if let pause = fillPause(until: slots[place].timestamp, now: now) { return pause }
            let samples = slots[place].header.sampleCount
            if mustLeaveOut(samples: Int64(samples), isQuiet: isQuiet),
                !slots[place].header.endsItem
            {
                leaveOut(place)
                continue
            }
            return emit(place, now: now)
        }
    }

    /// The engine got the sound of a lost packet from the copy in the next.
    @_noLocks
    public mutating func noteRecovered(sampleCount: Int) {
        statistics.fecPacketsReceived += 1
        statistics.concealedSamples = max(0, statistics.concealedSamples - sampleCount)
    }

    /// Drops what waits and begins anew with the next packet, whatever its counters.
    @_noLocks
    public mutating func flush() {
        clear()
        phase = .unsynchronised
    }

    @_noLocks
    private mutating func clear() {
        var place = 0
        while place < Self.slotCount {
            slots[place].sequence = -1
            freeBlocks[place] = UInt8(truncatingIfNeeded: place)
            place += 1
        }
        count = 0
        history = 0
        inserted = 0
        hasPlayed = false
        probation = -1
        concealedAtAStretch = 0
        senderIsSilent = false
    }

    @_noLocks
    private mutating func startSpurt(now: Int64) {
        phase = .playing
        inserted = 0
        hasPlayed = true
        watch.restart(now: now)
        guard let first = nextWaiting() else { return }
        passLost(to: first)
        playTimestamp = slots[Self.place(first)].timestamp
        // After a stall everything comes at once: keep the newest.
        while count > 1, delaySamples > settings.maximumSamples {
            leaveOut(Self.place(nextSequence))
        }
    }

    @_noLocks
    private mutating func emit(_ place: Int, now: Int64) -> JitterPull {
        let header = slots[place].header
        let samples = Int64(header.sampleCount)
        frameSamples = header.sampleCount
        playTimestamp = slots[place].timestamp + samples
        nextPull = now + samples
        inserted = 0
        packetsSinceCut += 1
        concealedAtAStretch = 0
        senderIsSilent = slots[place].byteCount <= settings.silentPacketBytes
        let rate = Double(settings.rateHz)
        statistics.jitterBufferDelay +=
            Double(now - slots[place].arrival) / rate * Double(samples)
        statistics.jitterBufferTargetDelay +=
            Double(settings.targetSamples) / rate * Double(samples)
        statistics.jitterBufferEmittedCount += header.sampleCount
        let packet = view(place)
        remove(place)
        return .packet(packet)
    }

    /// Nothing waits. The packet may still come, so its turn stays.
    @_noLocks
    private mutating func fillTime(now: Int64) -> JitterPull {
        let samples = frameSamples
        let limit = senderIsSilent ? settings.rateHz : settings.concealmentSamples
        guard inserted + Int64(samples) <= Int64(limit) else {
            phase = .idle
            return .wait
        }
        inserted += Int64(samples)
        nextPull = now + Int64(samples)
        guard !senderIsSilent else { return .silence(sampleCount: samples) }
        noteConcealed(samples)
        statistics.insertedSamplesForDeceleration += samples
        return .conceal(sampleCount: samples, next: nil)
    }

    /// The next packet is missing and a later one is here.
    @_noLocks
    private mutating func fillLoss(now: Int64) -> JitterPull? {
        guard let following = nextWaiting() else { return .wait }
        let place = Self.place(following)
        var missing = slots[place].timestamp - playTimestamp
        // Time that was filled already while waiting for it.
        let filled = max(0, min(missing, inserted))
        if filled > 0 {
            playTimestamp += filled
            inserted -= filled
            missing -= filled
            statistics.insertedSamplesForDeceleration -= Int(filled)
        }
        guard missing > 0 else {
            passLost(to: following)
            return nil
        }
        let samples = min(missing, Int64(frameSamples))
        statistics.packetsLost += 1
        advance(wasHere: false)
        playTimestamp += samples
        if excess(isQuiet: true) >= samples {
            watch.shift(by: -samples)
            statistics.removedSamplesForAcceleration += Int(samples)
            return nil
        }
        nextPull = now + samples
        noteConcealed(Int(samples))
        if concealedAtAStretch > settings.concealmentSamples {
            statistics.silentConcealedSamples += Int(samples)
            return .silence(sampleCount: Int(samples))
        }
        let isRightBefore = nextSequence == following && samples == missing
        return .conceal(sampleCount: Int(samples), next: isRightBefore ? view(place) : nil)
    }

    /// The next packet is here but begins later than the last one ended: the sender paused.
    @_noLocks
    private mutating func fillPause(until timestamp: Int64, now: Int64) -> JitterPull? {
        var pause = timestamp - playTimestamp
        guard pause > 0 else {
            playTimestamp = timestamp
            return nil
        }
        let filled = min(pause, inserted)
        inserted -= filled
        pause -= filled
        // A pause is the best place to shorten the delay.
        let removed = min(pause, max(0, excess(isQuiet: true)))
        if removed > 0 {
            watch.shift(by: -removed)
            statistics.removedSamplesForAcceleration += Int(removed)
            pause -= removed
        }
        playTimestamp = timestamp - pause
        guard pause > 0 else { return nil }
        if pause > Int64(settings.maximumSamples) {
            // It is here, so the sender's clock jumped rather than paused.
            playTimestamp = timestamp
            return nil
        }
        let samples = min(pause, Int64(frameSamples))
        playTimestamp += samples
        nextPull = now + samples
        return .silence(sampleCount: Int(samples))
    }

    // MARK: Delay

    /// Samples of delay that the network did not need lately. Where a cut is heard, look back further.
    @_noLocks
    private func excess(isQuiet: Bool) -> Int64 {
        guard let margin = isQuiet ? watch.recent : watch.long else { return 0 }
        return margin - Int64(settings.targetSamples)
    }

    @_noLocks
    private func mustLeaveOut(samples: Int64, isQuiet: Bool) -> Bool {
        guard count > 1 else { return false }
        if delaySamples > settings.maximumSamples { return true }
        // Several cuts in a row would be heard as a gap: one in five packets, in quiet one in two.
        guard packetsSinceCut >= (isQuiet ? 1 : 4) else { return false }
        return excess(isQuiet: isQuiet) >= samples
    }

    /// Takes the packet whose turn it is away unplayed.
    @_noLocks
    private mutating func leaveOut(_ place: Int) {
        guard slots[place].sequence == nextSequence else {
            guard let first = nextWaiting() else { return }
            passLost(to: first)
            playTimestamp = slots[Self.place(first)].timestamp
            return
        }
        let samples = Int64(slots[place].header.sampleCount)
        playTimestamp = slots[place].timestamp + samples
        packetsSinceCut = 0
        watch.shift(by: -samples)
        statistics.packetsDiscarded += 1
        statistics.removedSamplesForAcceleration += Int(samples)
        remove(place)
    }

    // MARK: Order

    @_noLocks
    private static func place(_ sequence: Int64) -> Int { Int(sequence & Int64(slotCount - 1)) }

    @_noLocks
    private func view(_ place: Int) -> JitterPacket {
        JitterPacket(
            header: slots[place].header,
            bytes: UnsafePointer(bytes + Int(slots[place].block) * Self.slotBytes),
            byteCount: slots[place].byteCount)
    }

    /// The first waiting packet's sequence number.
    @_noLocks
    private func nextWaiting() -> Int64? {
        guard count > 0 else { return nil }
        var sequence = nextSequence
        while sequence <= highestSequence {
            if slots[Self.place(sequence)].sequence == sequence { return sequence }
            sequence += 1
        }
        return nil
    }

    @_noLocks
    private mutating func passLost(to sequence: Int64) {
        while nextSequence < sequence {
            statistics.packetsLost += 1
            advance(wasHere: false)
        }
    }

    @_noLocks
    private mutating func remove(_ place: Int) {
        slots[place].sequence = -1
        count -= 1
        freeBlocks[Self.slotCount - 1 - count] = slots[place].block
        advance(wasHere: true)
    }

    @_noLocks
    private mutating func advance(wasHere: Bool) {
        history = history &<< 1 | (wasHere ? 1 : 0)
        nextSequence += 1
    }

    @_noLocks
    private mutating func noteConcealed(_ samples: Int) {
        if concealedAtAStretch == 0 { statistics.concealmentEvents += 1 }
        concealedAtAStretch += samples
        statistics.concealedSamples += samples
    }
}
