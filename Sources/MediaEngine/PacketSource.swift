import AudioCore
import CParleyWire
import Opus
import Synchronization

/// Packet audio on its way to the listener: jitter buffer, decoder, concealment of what was lost.
///
/// Times are samples at the format's clock on the listener's side. Made and freed on the control
/// thread; in between only the engine touches it.
struct PacketSource: ~Copyable {
    private let format: AudioFormat
    private var jitter: JitterBuffer
    /// What the meters know of it.
    private var published = JitterStatistics()
    private var decoder: OpusDecoder?
    /// What is decoded and not yet given out.
    private let ready: UnsafeMutablePointer<Float>
    private let capacity: Int
    private var readyStart = 0
    private var readyCount = 0
    private var item = SpeechItem()
    private var itemPosition: Int64 = 0
    private var endsItem = false
    /// An item whose end came in a packet without sound.
    private var emptyEnd: SpeechItem?
    /// Whether the last packet was so quiet that leaving one out would not be heard.
    private var isQuiet = false
    /// Samples of the last packet, for concealment where the codec has none of its own.
    private var lastCount = 0

    init(format: AudioFormat, settings: DownlinkSettings) throws {
        let decoder = format.codec == .opus ? try OpusDecoder(rateHz: format.rateHz) : nil
        self.format = format
        self.decoder = decoder
        var jitterSettings = JitterBuffer.Settings(
            rateHz: format.rateHz, frameMs: settings.packetMs,
            silentPacketBytes: format.codec == .opus ? 2 : -1)
        jitterSettings.targetSamples = format.rateHz * settings.targetDelayMs / 1_000
        jitterSettings.maximumSamples = jitterSettings.targetSamples + format.rateHz / 5
        // Raw samples are larger than what a network carries at once: 60 ms at the most.
        jitterSettings.packetBytes = max(
            1_500, format.rateHz * 60 / 1_000 * format.codec.bytesPerSample)
        jitter = JitterBuffer(settings: jitterSettings)
        capacity = format.rateHz / 1_000 * 120
        ready = .allocate(capacity: capacity)
        ready.initialize(repeating: 0, count: capacity)
    }

    deinit { ready.deallocate() }

    // MARK: In

    /// Takes a packet. False when it is malformed or of no use any more.
    mutating func insert(_ packet: AudioPacket, item: SpeechItem, now: Int64) -> Bool {
        let header = packet.header
        let count = Int(header.sample_count)
        if count == 0 {
            guard packet.endsItem else { return false }
            emptyEnd = item
            return true
        }
        guard count <= capacity else { return false }
        let entry = PacketHeader(
            sequence: UInt16(truncatingIfNeeded: header.sequence),
            timestamp: UInt32(truncatingIfNeeded: header.timestamp), sampleCount: count, item: item,
            endsItem: packet.endsItem, generation: header.generation)
        let arrival = jitter.insert(
            entry, bytes: packet.data, byteCount: Int(header.data_size), now: now)
        if case .refused = arrival { return false }
        return true
    }

    /// Sound that waits, in microseconds.
    var queuedUs: Int {
        (jitter.delaySamples + readyCount) * 1_000_000 / format.rateHz
    }

    // MARK: Out

    /// Samples that are decoded and not yet given out.
    var readySamples: Int { readyCount }

    /// Writes up to `count` samples that belong together; nil when nothing is to be played now.
    mutating func next(
        into samples: UnsafeMutablePointer<Float>, count: Int, now: Int64
    ) -> PlayoutChunk? {
        if readyCount == 0 {
            guard refill(now: now) else { return takeEmptyEnd() }
        }
        let taken = min(count, readyCount)
        samples.update(from: ready + readyStart, count: taken)
        readyStart += taken
        readyCount -= taken
        let chunk = PlayoutChunk(
            item: item, itemPosition: itemPosition, count: taken,
            endsItem: endsItem && readyCount == 0)
        itemPosition += Int64(taken)
        return chunk
    }

    private mutating func takeEmptyEnd() -> PlayoutChunk? {
        guard let ended = emptyEnd, jitter.packetCount == 0 else { return nil }
        emptyEnd = nil
        return PlayoutChunk(
            item: ended, itemPosition: ended == item ? itemPosition : 0, count: 0, endsItem: true)
    }

    private mutating func refill(now: Int64) -> Bool {
        readyStart = 0
        switch jitter.pull(now: now, isQuiet: isQuiet) {
        case .packet(let packet):
            if packet.header.item != item {
                item = packet.header.item
                itemPosition = 0
            }
            endsItem = packet.header.endsItem
            decode(packet)
        case .conceal(let count, let next):
            endsItem = false
            conceal(min(count, capacity), next: next)
        case .silence(let count):
            endsItem = false
            readyCount = min(count, capacity)
            Mixer.silence(ready, count: readyCount)
        case .wait:
            return false
        }
        return readyCount > 0
    }

    private mutating func decode(_ packet: JitterPacket) {
        let count = packet.header.sampleCount
        switch format.codec {
        case .pcmS16LE:
            PCM16.decode(packet.bytes, to: ready, count: count)
            readyCount = count
        case .pcmu:
            G711.decode(packet.bytes, to: ready, count: count, law: .mu)
            readyCount = count
        case .pcma:
            G711.decode(packet.bytes, to: ready, count: count, law: .a)
            readyCount = count
        case .opus:
            let size =
                decoder?.decode(
                    packet.bytes, count: packet.byteCount, into: ready, capacity: capacity) ?? 0
            // A packet that libopus refuses passes as silence of its length.
            if size <= 0 { Mixer.silence(ready, count: count) }
            readyCount = size > 0 ? size : count
        }
        lastCount = readyCount
        isQuiet = peak(of: readyCount) < 0.001
    }

    private mutating func conceal(_ count: Int, next: JitterPacket?) {
        readyCount = count
        guard format.codec == .opus else { return fadeLast(count) }
        var made = 0
        if let next, OpusPacket.carriesFEC(next.bytes, count: next.byteCount) {
            made =
                decoder?.recover(
                    from: next.bytes, byteCount: next.byteCount, into: ready, count: count) ?? 0
            if made > 0 { jitter.noteRecovered(sampleCount: made) }
        } else {
            made = decoder?.conceal(into: ready, count: count) ?? 0
        }
        if made <= 0 { Mixer.silence(ready, count: count) }
    }

    /// Codecs without memory: the last packet again, falling to nothing (as G.711 appendix I does, less
    /// its search for the pitch).
    private mutating func fadeLast(_ count: Int) {
        guard lastCount > 0 else { return Mixer.silence(ready, count: count) }
        for index in 0..<count {
            let gain = 1 - Float(index + 1) / Float(count)
            ready[index] = (index < lastCount ? ready[index] : 0) * gain
        }
        // Once: what follows a faded packet is silence.
        lastCount = 0
    }

    private func peak(of count: Int) -> Float {
        var peak: Float = 0
        for index in 0..<count { peak = max(peak, abs(ready[index])) }
        return peak
    }

    // MARK: End

    /// Drops what waits.
    mutating func flush() {
        jitter.flush()
        decoder?.reset()
        readyCount = 0
        endsItem = false
        emptyEnd = nil
        lastCount = 0
    }

    /// Adds what has come about since the last call: the figures of a session go on when its format
    /// changes, and with it this. Of the counts, only the packets that were lost may fall.
    mutating func publish(to meters: SessionMeters) {
        let new = jitter.statistics
        let old = published
        grow(meters.packetsReceived, new.packetsReceived - old.packetsReceived)
        grow(meters.packetsLost, new.packetsLost - old.packetsLost)
        grow(meters.packetsDiscarded, new.packetsDiscarded - old.packetsDiscarded)
        grow(meters.packetsDuplicated, new.packetsDuplicated - old.packetsDuplicated)
        grow(meters.concealedSamples, new.concealedSamples - old.concealedSamples)
        grow(
            meters.silentConcealedSamples, new.silentConcealedSamples - old.silentConcealedSamples)
        grow(meters.concealmentEvents, new.concealmentEvents - old.concealmentEvents)
        grow(meters.fecPacketsReceived, new.fecPacketsReceived - old.fecPacketsReceived)
        grow(
            meters.insertedSamplesForDeceleration,
            new.insertedSamplesForDeceleration - old.insertedSamplesForDeceleration)
        grow(
            meters.removedSamplesForAcceleration,
            new.removedSamplesForAcceleration - old.removedSamplesForAcceleration)
        grow(meters.resynchronisations, new.resynchronisations - old.resynchronisations)
        grow(
            meters.jitterBufferEmittedCount,
            new.jitterBufferEmittedCount - old.jitterBufferEmittedCount)
        grow(
            meters.jitterBufferDelayMs,
            Int(new.jitterBufferDelay * 1_000) - Int(old.jitterBufferDelay * 1_000))
        meters.jitterUs.store(Int(new.jitter * 1e6), ordering: .relaxed)
        meters.jitterBufferTargetUs.store(
            jitter.settings.targetSamples * 1_000_000 / format.rateHz, ordering: .relaxed)
        meters.clockSkew.publish(jitter.skew)
        published = new
    }

    private func grow(_ meter: borrowing Atomic<Int>, _ difference: Int) {
        if difference != 0 { meter.add(difference, ordering: .relaxed) }
    }
}
