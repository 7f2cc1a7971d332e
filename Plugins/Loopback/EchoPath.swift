import ParleyTransport

/// The way of sound through the fake peer: gate, the peer's clock, then the network, or a burst. Pure:
/// frames and the time come in, frames go out through `emit`.
///
/// ```
/// mic ─► [gate] ─► peer clock ─► network ─► delay line ─► emit
///             └──► burst collector ────────────┘
/// ```
/// With nothing to impair a frame is emitted from within ``receive(_:_:nowNs:emit:)``.
struct EchoPath {
    typealias Emit = (AudioHeader, RawSpan) -> Void

    private let isPacket: Bool
    private let gateTailNs: UInt64?
    private let isClean: Bool
    private var clock: PeerClock
    private var network: ImpairmentSchedule
    private var line = DelayLine()
    private var burst: BurstCollector?

    private var sequence: UInt32 = 0
    private var timestamp: UInt64 = 0
    private var expectedInput: UInt64?
    /// What was not let through before the next frame.
    private var missingSamples: UInt64 = 0

    /// While it plays, and for a tail after that, the gate is shut.
    private var isShut = false
    private var lastEmittedEndNs: UInt64 = 0

    init(_ options: LoopbackOptions) {
        isPacket = options.packets
        gateTailNs = options.gate ? options.gateTailNs : nil
        isClean =
            options.network.isClean && options.driftPpm == 0 && options.burstNs == nil
            && !options.gate
        clock = PeerClock(driftPpm: options.driftPpm)
        network = ImpairmentSchedule(options.network, seed: options.seed)
        burst = options.burstNs.map {
            BurstCollector(lengthNs: $0, delayNs: options.network.delayNs)
        }
        // A random start, as RFC 3550 wants, but the same for the same seed.
        if isPacket {
            var random = SplitMix64(seed: options.seed ^ 0x5eed)
            sequence = UInt32(truncatingIfNeeded: random.next()) & 0xffff
            timestamp = random.next() & 0xffff_ffff
        }
    }

    /// When ``advance(nowNs:emit:)`` has something to do.
    var nextDueNs: UInt64? { line.nextDueNs }

    /// Sound of the microphone.
    mutating func receive(
        _ input: AudioHeader, _ bytes: RawSpan, nowNs: UInt64, emit: Emit
    ) {
        missingSamples += gapBefore(input)
        guard isOpen(nowNs: nowNs) else {
            missingSamples += UInt64(input.sampleCount)
            return
        }
        pass(input, bytes, nowNs: nowNs, emit: emit)
    }

    /// Sound that the peer makes itself and sends in real time; the next of the microphone follows
    /// without a gap.
    mutating func sendOwn(_ own: AudioHeader, _ bytes: RawSpan, nowNs: UInt64, emit: Emit) {
        expectedInput = nil
        pass(own, bytes, nowNs: nowNs, emit: emit)
    }

    private mutating func pass(
        _ input: AudioHeader, _ bytes: RawSpan, nowNs: UInt64, emit: Emit
    ) {
        let durationNs = UInt64(input.sampleCount) * 1_000_000_000 / UInt64(input.format.rateHz)
        if burst != nil {
            collect(input, bytes, durationNs: durationNs, nowNs: nowNs, emit: emit)
            return
        }
        if isClean {
            emit(numbered(input), bytes)
            return
        }
        let departures = clock.frame(durationNs: durationNs)
        guard let firstDelayNs = departures.firstDelayNs else { return }
        send(numbered(input), bytes, sentNs: nowNs + firstDelayNs, durationNs: durationNs)
        if let secondDelayNs = departures.secondDelayNs {
            send(numbered(input), bytes, sentNs: nowNs + secondDelayNs, durationNs: durationNs)
        }
        advance(nowNs: nowNs, emit: emit)
    }

    mutating func advance(nowNs: UInt64, emit: Emit) {
        var hasEmitted = false
        while line.removeDue(nowNs: nowNs, emit) { hasEmitted = true }
        guard hasEmitted, gateTailNs != nil else { return }
        isShut = true
        lastEmittedEndNs = nowNs
    }

    /// Nothing that came before leaves any more.
    mutating func drop() {
        line.removeAll()
        burst?.drop()
        isShut = false
    }

    // MARK: Steps

    /// Samples that are missing before this frame, for instance while the gate was shut.
    private mutating func gapBefore(_ input: AudioHeader) -> UInt64 {
        defer { expectedInput = input.timestamp &+ UInt64(input.sampleCount) }
        guard let expectedInput, input.timestamp > expectedInput else { return 0 }
        let gap = input.timestamp - expectedInput
        // A jump of more than a minute is another stream.
        return gap < UInt64(input.format.rateHz) * 60 ? gap : 0
    }

    private mutating func isOpen(nowNs: UInt64) -> Bool {
        guard let gateTailNs, isShut else { return true }
        guard line.isEmpty, nowNs >= lastEmittedEndNs + gateTailNs else { return false }
        isShut = false
        return true
    }

    private mutating func numbered(_ input: AudioHeader) -> AudioHeader {
        var header = input
        header.flags = input.flags.intersection([.endOfItem, .marker])
        if isPacket { header.flags.insert(.packet) }
        if missingSamples > 0 { header.flags.insert(isPacket ? .marker : .discontinuity) }
        timestamp &+= missingSamples
        missingSamples = 0
        header.sequence = sequence
        header.timestamp = timestamp
        sequence = isPacket ? (sequence + 1) & 0xffff : sequence &+ 1
        timestamp &+= UInt64(input.sampleCount)
        return header
    }

    private mutating func send(
        _ header: AudioHeader, _ bytes: RawSpan, sentNs: UInt64, durationNs: UInt64
    ) {
        let arrivals = network.arrivals(sentNs: sentNs, durationNs: durationNs)
        if let firstNs = arrivals.firstNs { line.add(header, bytes, dueNs: firstNs) }
        if let secondNs = arrivals.secondNs { line.add(header, bytes, dueNs: secondNs) }
    }

    private mutating func collect(
        _ input: AudioHeader, _ bytes: RawSpan, durationNs: UInt64, nowNs: UInt64, emit: Emit
    ) {
        guard var collector = burst else { return }
        burst = nil
        let header = numbered(input)
        collector.add(header, bytes, durationNs: durationNs, nowNs: nowNs, to: &line)
        burst = collector
        advance(nowNs: nowNs, emit: emit)
    }
}
