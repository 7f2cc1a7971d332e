import AudioCore
import CParleyWire
import Opus
import Resampling
import Synchronization

/// What became of an item, ready to be told to the plugin.
struct PlaybackNotice {
    /// `PARLEY_PLAYBACK_…`
    var kind: UInt32
    var item: SpeechItem
    var rateHz: UInt32
    var heardSamples: UInt64 = 0
    var receivedSamples: UInt64 = 0
}

/// From the plugin to the local leg: order, decode, queue, resample, and remember which item each
/// sample belongs to.
///
/// ```
/// packets ─► jitter buffer ─► decoder/PLC ─┐
///                                          ├─► resampler ─► samples of the local leg
/// speech ──► playout queue ────────────────┘        └─► ledger: item by position
/// ```
/// Made and freed on the control thread; in between only the engine touches it.
struct Downlink: ~Copyable {
    static var maximumCut: Int { 64 }

    let format: AudioFormat
    let localRateHz: Int
    /// Of the queue, for the control thread.
    let memory: PlayoutMemory
    private var queue: PlayoutQueue
    private var ledger = PlayedItems()
    private var packets: PacketSource
    /// Time of the listener in samples at the format's clock, for the jitter buffer.
    private var now: Int64 = 0
    private var resampler: Resampler
    private let source: UnsafeMutablePointer<Float>
    private let sourceCapacity: Int
    private let ready: UnsafeMutablePointer<Float>
    private let readyCapacity: Int
    private var readyCount = 0
    private var readyStart = 0
    /// Samples at the format's rate that must wait before speech begins again after it ran dry within
    /// an item: doubles with each time, and starts over with the next item.
    private var resumeThreshold = 0
    private var isRefilling = false
    /// For how long sound has waited since, in samples at the format's rate: never longer than the
    /// threshold is, or the tail of speech that has no end would wait for more.
    private var refilledFor = 0
    private var dryItem: SpeechItem?
    private(set) var dryEvents = 0
    private var publishedDryEvents = 0
    /// Zero samples pushed through the resampler since sound last came, to bring out its tail.
    private var flushedSamples = 0

    private let cut: UnsafeMutablePointer<CutItem>
    private var cutCount = 0
    private var cutNext = 0
    private var isCut = false

    /// - Parameter localRateHz: of the samples that ``produce`` makes.
    /// - Throws: `OpusError`, `ResamplerError`, `AudioMemoryError`.
    init(localRateHz: Int, format: AudioFormat, settings: DownlinkSettings) throws {
        let queue = try PlayoutQueue(rateHz: format.rateHz)
        let packets = try PacketSource(format: format, settings: settings)
        let resampler = try Resampler(
            inputRateHz: format.rateHz, outputRateHz: localRateHz, quality: .transparent)
        self.format = format
        self.localRateHz = localRateHz
        memory = queue.memory
        self.queue = queue
        self.packets = packets
        self.resampler = resampler
        sourceCapacity = format.rateHz / 50
        source = .allocate(capacity: sourceCapacity)
        readyCapacity = localRateHz / 25
        ready = .allocate(capacity: readyCapacity)
        cut = .allocate(capacity: Self.maximumCut)
    }

    deinit {
        source.deallocate()
        ready.deallocate()
        cut.deallocate()
    }

    // MARK: In

    /// Takes a frame of the host. False when it is not of the format in force or there is no room.
    mutating func receive(_ packet: AudioPacket) -> Bool {
        let header = packet.header
        let size = Int(header.data_size)
        if size > 0 {
            guard header.codec == format.codec.rawValue, header.rate_hz == UInt32(format.rateHz)
            else { return false }
        }
        guard let item = packet.item else { return false }
        if packet.isPacket {
            return packets.insert(packet, item: item, now: now)
        }
        let count = Int(header.sample_count)
        switch format.codec {
        case .pcmS16LE:
            return queue.append(
                littleEndian: packet.data, count: count, item: item, endsItem: packet.endsItem)
                == .taken
        case .pcmu:
            return queue.append(
                packet.data, law: .mu, count: count, item: item, endsItem: packet.endsItem)
                == .taken
        case .pcma:
            return queue.append(
                packet.data, law: .a, count: count, item: item, endsItem: packet.endsItem) == .taken
        case .opus:
            // Only the end mark of an item may come outside a packet.
            return size == 0
                && queue.append(packet.data, law: .mu, count: 0, item: item, endsItem: true)
                    == .taken
        }
    }

    /// Speech that waits, in microseconds.
    var queuedUs: Int {
        queue.availableSamples * 1_000_000 / format.rateHz
            + readyCount * 1_000_000 / localRateHz + packets.queuedUs
    }

    // MARK: Out

    /// Samples of the local leg that ``produce`` can make now without a gap: what is decoded or queued.
    var availableSamples: Int {
        var waiting = packets.readySamples
        if waiting == 0 && !isRefilling { waiting = queue.availableSamples }
        let made = readyCount + waiting * localRateHz / format.rateHz
        // Between rates a block may take a few samples more or less than its share.
        return format.rateHz == localRateHz ? made : max(readyCount, made - localRateHz / 1_000)
    }

    /// Writes the next `count` samples, silence where there is no speech.
    ///
    /// - Parameters:
    ///   - position: of the first one on the session's time line, in samples at 48 kHz.
    ///   - isAudible: whether anybody can hear it; if not, speech passes unheard.
    /// - Returns: whether any of it is speech.
    mutating func produce(
        into samples: UnsafeMutablePointer<Float>, count: Int, position: Int64, isAudible: Bool
    ) -> Bool {
        var done = 0
        var hasSound = false
        while done < count {
            if readyCount > 0 {
                let piece = min(readyCount, count - done)
                (samples + done).update(from: ready + readyStart, count: piece)
                readyStart += piece
                readyCount -= piece
                done += piece
                hasSound = true
                continue
            }
            let at = position + Int64(done * 48_000 / localRateHz)
            now = at * Int64(format.rateHz) / 48_000
            guard fill(wanted: count - done, position: at, isAudible: isAudible) else { break }
        }
        if done < count { Mixer.silence(samples + done, count: count - done) }
        now = (position + Int64(count * 48_000 / localRateHz)) * Int64(format.rateHz) / 48_000
        return hasSound
    }

    /// Resamples the next piece of speech into `ready`. False when there is none.
    private mutating func fill(wanted: Int, position: Int64, isAudible: Bool) -> Bool {
        let need = min(
            (wanted * format.rateHz + localRateHz - 1) / localRateHz, sourceCapacity)
        var count = 0
        if let chunk = nextChunk(need) {
            if isAudible {
                ledger.record(chunk, rateHz: format.rateHz, at: position)
            } else if chunk.endsItem {
                ledger.recordMissedEnd(
                    chunk.item, received: chunk.itemPosition + Int64(chunk.count),
                    rateHz: format.rateHz, at: position)
            }
            count = chunk.count
            flushedSamples = 0
        } else {
            // The tail of the last sound is still inside the resampler.
            let tail = resampler.latencyInputSamples - flushedSamples
            guard tail > 0 else { return false }
            count = min(tail, sourceCapacity)
            Mixer.silence(source, count: count)
            flushedSamples += count
        }
        let (_, produced) = resampler.process(
            source, count: count, into: ready, capacity: readyCapacity)
        readyStart = 0
        readyCount = produced
        return true
    }

    private mutating func nextChunk(_ need: Int) -> PlayoutChunk? {
        if let chunk = packets.next(into: source, count: need, now: now) { return chunk }
        if isRefilling {
            let isComplete = queue.itemCount > 0 && queue.item(at: 0).isComplete
            if queue.availableSamples > 0 { refilledFor += need }
            guard
                isComplete || queue.availableSamples >= resumeThreshold
                    || refilledFor > resumeThreshold
            else { return nil }
            isRefilling = false
        }
        guard let chunk = queue.read(into: source, count: need) else {
            noteDryness()
            return nil
        }
        if chunk.endsItem {
            resumeThreshold = 0
            dryItem = nil
        }
        return chunk
    }

    private mutating func noteDryness() {
        guard let item = queue.dryItem, !isRefilling else { return }
        dryEvents += 1
        dryItem = item
        isRefilling = true
        refilledFor = 0
        resumeThreshold = min(
            max(resumeThreshold * 2, format.rateHz / 50), format.rateHz / 5)
    }

    // MARK: Items

    /// Whether ``nextNotice(heard:)`` may have something to tell before long. Within a long item it
    /// has not, whatever is heard.
    var mayHaveNews: Bool { dryItem != nil || ledger.mayHaveNews }

    /// The next thing to tell, now that `position` has been heard; nil when all is told.
    mutating func nextNotice(heard position: Int64) -> PlaybackNotice? {
        let rate = UInt32(format.rateHz)
        if let item = dryItem, ledger.itemCount > 0 {
            dryItem = nil
            return PlaybackNotice(
                kind: UInt32(PARLEY_PLAYBACK_RAN_DRY), item: item, rateHz: rate,
                heardSamples: UInt64(max(0, ledger.heard(of: item) ?? 0)),
                receivedSamples: UInt64(max(0, queue.received(of: item) ?? 0)))
        }
        switch ledger.advance(to: position) {
        case .started(let item):
            return PlaybackNotice(
                kind: UInt32(PARLEY_PLAYBACK_STARTED), item: item, rateHz: rate)
        case .finished(let item, let samples, let rateHz):
            return PlaybackNotice(
                kind: UInt32(PARLEY_PLAYBACK_FINISHED), item: item, rateHz: UInt32(rateHz),
                heardSamples: UInt64(max(0, samples)), receivedSamples: UInt64(max(0, samples)))
        case .missed(let item, let heard, let received, let rateHz):
            return PlaybackNotice(
                kind: UInt32(PARLEY_PLAYBACK_FINISHED), item: item, rateHz: UInt32(rateHz),
                heardSamples: UInt64(max(0, heard)), receivedSamples: UInt64(max(0, received)))
        case nil:
            return nil
        }
    }

    /// The next item that an interruption cuts off; the first call empties the queues. nil at the end.
    /// Call ``nextNotice`` until nil before, with the position at which the sound ends.
    mutating func nextFlushed() -> PlaybackNotice? {
        if !isCut {
            isCut = true
            cutNext = 0
            cutCount = ledger.cutOff(&queue, into: cut, capacity: Self.maximumCut)
            packets.flush()
            readyCount = 0
            resampler.reset()
            flushedSamples = Int.max / 2
            isRefilling = false
            resumeThreshold = 0
            dryItem = nil
        }
        guard cutNext < cutCount else {
            isCut = false
            return nil
        }
        let item = cut[cutNext]
        cutNext += 1
        return PlaybackNotice(
            kind: UInt32(PARLEY_PLAYBACK_FLUSHED), item: item.item, rateHz: UInt32(item.rateHz),
            heardSamples: UInt64(max(0, item.heard)),
            receivedSamples: UInt64(max(0, item.received)))
    }

    /// Brings the figures of the session up to date.
    mutating func publish(to meters: SessionMeters) {
        meters.queuedUs.store(queuedUs, ordering: .relaxed)
        if dryEvents != publishedDryEvents {
            meters.dryEvents.add(dryEvents - publishedDryEvents, ordering: .relaxed)
            publishedDryEvents = dryEvents
        }
        packets.publish(to: meters)
    }
}
