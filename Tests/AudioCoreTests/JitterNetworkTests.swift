import AudioCore
import Testing

/// The jitter buffer behind a seeded network, in virtual time: hours in milliseconds.
@Suite struct JitterNetworkTests {
    struct Network {
        var loss = 0.0
        /// Chance that a loss takes the next packet too.
        var burst = 0.0
        var duplication = 0.0
        /// Mean of an exponential extra delay; packets overtake each other by it.
        var jitterMs = 0.0
        /// How much faster the sender's clock runs.
        var driftPpm = 0.0
        /// Every so many seconds nothing arrives for `stallMs`.
        var stallEverySeconds = 0
        var stallMs = 0.0
    }

    struct Outcome {
        var statistics = JitterStatistics()
        var sent = 0
        var played = 0
        var outOfOrder = 0
        /// The device's samples, and how many of them came from packets.
        var deviceSamples = 0
        /// Buffered samples at the end of each minute.
        var delayMs: [Double] = []
        var waiting = 0
        /// Times that a counter fell.
        var falls = 0
        var skewPpm: Double?
    }

    /// A device that takes 10 ms a tick and reads what has arrived by then.
    private func run(_ network: Network, seconds: Int, seed: UInt64) -> Outcome {
        var random = SeededRandom(seed: seed)
        var outcome = Outcome()
        var buffer = JitterBuffer(settings: JitterBuffer.Settings(rateHz: 48_000))
        var underway: [(at: Double, number: Int)] = []
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 100)
        defer { bytes.deallocate() }
        bytes.initialize(repeating: 0, count: 100)
        let frameMs = 20 / (1 + network.driftPpm / 1e6)
        var wasLost = false
        var held = 0
        var last = -1
        for tick in 0..<(seconds * 100) {
            let nowMs = Double(tick) * 10
            while Double(outcome.sent) * frameMs <= nowMs {
                let sentMs = Double(outcome.sent) * frameMs
                wasLost =
                    random.unit() < (wasLost ? max(network.burst, network.loss) : network.loss)
                let copies = wasLost ? 0 : random.unit() < network.duplication ? 2 : 1
                for _ in 0..<copies {
                    var at = sentMs + 30 - network.jitterMs * logarithm(1 - random.unit())
                    if network.stallEverySeconds > 0 {
                        let period = Double(network.stallEverySeconds) * 1_000
                        let into = at.truncatingRemainder(dividingBy: period)
                        if into < network.stallMs { at += network.stallMs - into }
                    }
                    underway.append((at, outcome.sent))
                }
                outcome.sent += 1
            }
            let arrived = underway.filter { $0.at <= nowMs }.sorted { $0.at < $1.at }
            underway.removeAll { $0.at <= nowMs }
            let now = Int64(tick * 480)
            for (_, number) in arrived {
                UnsafeMutableRawPointer(bytes).storeBytes(of: Int64(number), as: Int64.self)
                let header = PacketHeader(
                    sequence: UInt16(truncatingIfNeeded: number),
                    timestamp: UInt32(truncatingIfNeeded: number * 960), sampleCount: 960)
                buffer.insert(header, bytes: bytes, byteCount: 100, now: now)
            }
            while held < 480 {
                switch buffer.pull(now: now) {
                case .packet(let packet):
                    let number = Int(
                        UnsafeRawPointer(packet.bytes).loadUnaligned(as: Int64.self))
                    if number <= last { outcome.outOfOrder += 1 }
                    last = number
                    outcome.played += 1
                    held += 960
                case .conceal(let count, _), .silence(let count): held += count
                case .wait: held = 480
                }
            }
            held -= 480
            if fell(outcome.statistics, buffer.statistics) { outcome.falls += 1 }
            outcome.statistics = buffer.statistics
            outcome.deviceSamples += 480
            if tick % 6_000 == 5_999 { outcome.delayMs.append(Double(buffer.delaySamples) / 48) }
        }
        outcome.skewPpm = buffer.skew.ppm
        outcome.waiting = buffer.packetCount
        return outcome
    }

    /// Whether a figure that is told as a counter is less than it was; only losses may be taken back.
    private func fell(_ old: JitterStatistics, _ new: JitterStatistics) -> Bool {
        new.packetsReceived < old.packetsReceived || new.packetsDiscarded < old.packetsDiscarded
            || new.packetsDuplicated < old.packetsDuplicated
            || new.jitterBufferDelay < old.jitterBufferDelay
            || new.jitterBufferEmittedCount < old.jitterBufferEmittedCount
            || new.concealedSamples < old.concealedSamples
            || new.silentConcealedSamples < old.silentConcealedSamples
            || new.concealmentEvents < old.concealmentEvents
            || new.insertedSamplesForDeceleration < old.insertedSamplesForDeceleration
            || new.removedSamplesForAcceleration < old.removedSamplesForAcceleration
            || new.fecPacketsReceived < old.fecPacketsReceived
            || new.resynchronisations < old.resynchronisations
    }

    /// -ln by its series on 1 - u; enough for a delay.
    private func logarithm(_ value: Double) -> Double {
        var rest = max(value, 1e-12)
        var result = 0.0
        while rest < 0.5 {
            rest *= 2
            result -= 0.693147180559945
        }
        let x = (rest - 1) / (rest + 1)
        return result + 2 * x * (1 + x * x / 3 + x * x * x * x / 5)
    }

    /// Every packet that came is played, discarded, a duplicate, or still waits.
    private func checkBooks(_ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
        let statistics = outcome.statistics
        #expect(
            statistics.packetsReceived
                == outcome.played + statistics.packetsDiscarded + statistics.packetsDuplicated
                + outcome.waiting, sourceLocation: sourceLocation)
        #expect(outcome.outOfOrder == 0, sourceLocation: sourceLocation)
        #expect(outcome.falls == 0, "a counter fell", sourceLocation: sourceLocation)
        #expect(
            statistics.jitterBufferEmittedCount == outcome.played * 960,
            sourceLocation: sourceLocation)
    }

    private func meanDelayMs(_ outcome: Outcome) -> Double {
        outcome.statistics.jitterBufferDelay * 1_000
            / Double(outcome.statistics.jitterBufferEmittedCount)
    }

    @Test func aCleanNetworkCostsTheTargetAndNothingIsInvented() {
        let outcome = run(Network(), seconds: 600, seed: 1)
        checkBooks(outcome)
        #expect(outcome.statistics.concealedSamples == 0 && outcome.statistics.packetsLost == 0)
        #expect(meanDelayMs(outcome) <= 12, "\(meanDelayMs(outcome)) ms")
    }

    @Test func lossIsCountedAndFilled() {
        let network = Network(loss: 0.05, burst: 0.3, duplication: 0.02)
        let outcome = run(network, seconds: 1_200, seed: 2)
        checkBooks(outcome)
        let statistics = outcome.statistics
        let missing = outcome.sent - outcome.played
        #expect(
            abs(statistics.packetsLost - missing) < 20, "\(statistics.packetsLost) of \(missing)")
        #expect(statistics.concealedSamples / 960 <= statistics.packetsLost + missing / 50)
        #expect(statistics.packetsDuplicated > 800)
        #expect(meanDelayMs(outcome) < 45, "\(meanDelayMs(outcome)) ms")
    }

    /// The last is a network that no call survives well: bounds of delay come before sound there.
    @Test(arguments: [(5.0, 0.02), (15, 0.02), (40, 0.08)])
    func jitterCostsDelayRatherThanSpeech(jitterMs: Double, limit: Double) {
        let outcome = run(Network(jitterMs: jitterMs), seconds: 1_200, seed: 3)
        checkBooks(outcome)
        let concealed =
            Double(outcome.statistics.concealedSamples) / Double(outcome.deviceSamples)
        #expect(concealed < limit, "\(concealed * 100) % at \(jitterMs) ms")
        #expect(meanDelayMs(outcome) < 20 + 7 * jitterMs, "\(meanDelayMs(outcome)) ms")
    }

    /// Two hours at clocks that differ: the delay stays where it is.
    @Test(arguments: [-300.0, -50, 50, 300])
    func driftNeverPilesUp(driftPpm: Double) {
        let outcome = run(Network(driftPpm: driftPpm), seconds: 7_200, seed: 4)
        checkBooks(outcome)
        let worst = outcome.delayMs.max() ?? .infinity
        #expect(worst <= 60, "\(worst) ms")
        // One frame of correction for each frame of drift, and little more.
        let drifted = abs(driftPpm) / 1e6 * Double(outcome.deviceSamples) / 960
        let corrected =
            driftPpm > 0
            ? outcome.statistics.removedSamplesForAcceleration / 960
            : outcome.statistics.concealedSamples / 960
        #expect(
            Double(corrected) < drifted * 1.2 + 20, "\(corrected) frames for \(drifted) of drift")
        #expect(meanDelayMs(outcome) < 40, "\(meanDelayMs(outcome)) ms")
    }

    /// By arrivals that are seen every 10 ms.
    @Test(arguments: [-300.0, -50, 0, 50, 300], [0.0, 5])
    func theSendersClockIsKnown(driftPpm: Double, jitterMs: Double) throws {
        let early = run(
            Network(jitterMs: jitterMs, driftPpm: driftPpm), seconds: 290, seed: 6)
        #expect(early.skewPpm == nil)
        let outcome = run(
            Network(loss: 0.02, jitterMs: jitterMs, driftPpm: driftPpm), seconds: 3_600, seed: 6)
        let ppm = try #require(outcome.skewPpm)
        #expect(abs(ppm - driftPpm) < 15, "\(ppm) for \(driftPpm)")
    }

    @Test func stallsLeaveNoDelayBehind() {
        let network = Network(stallEverySeconds: 60, stallMs: 350)
        let outcome = run(network, seconds: 1_830, seed: 5)
        checkBooks(outcome)
        #expect(outcome.delayMs.count == 30)
        // Measured just before the next stall.
        #expect(outcome.delayMs.allSatisfy { $0 <= 50 }, "\(outcome.delayMs)")
        #expect(outcome.statistics.packetsLost == 0)
    }

    @Test func theSameSeedGivesTheSameRun() {
        let network = Network(loss: 0.1, jitterMs: 20)
        let first = run(network, seconds: 60, seed: 9).statistics
        #expect(first == run(network, seconds: 60, seed: 9).statistics)
        #expect(first != run(network, seconds: 60, seed: 10).statistics)
    }
}
