import AudioCore
import Opus
import Resampling
import Testing

/// An engine's step over every hot part, under `@_noLocks`: that this compiles is the test that the parts
/// can be used from another module's real-time code.
private struct Engine: ~Copyable {
    let capture = SampleRing(capacity: 4_096)
    let clock = PlaybackClock()
    var jitter: JitterBuffer
    var queue: PlayoutQueue
    var ledger = PlayedItems()
    var encoder: OpusEncoder
    var decoder: OpusDecoder
    var down: Resampler
    var up: Resampler
    var meter = LevelMeter(rateHz: 48_000)
    var ramp = GainRamp()
    let sound = UnsafeMutablePointer<Float>.allocate(capacity: 5_760)
    let more = UnsafeMutablePointer<Float>.allocate(capacity: 5_760)
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 11_520)
    let cut = UnsafeMutablePointer<CutItem>.allocate(capacity: 8)

    init(
        queue: consuming PlayoutQueue, encoder: consuming OpusEncoder,
        decoder: consuming OpusDecoder, down: consuming Resampler, up: consuming Resampler
    ) {
        jitter = JitterBuffer(
            settings: JitterBuffer.Settings(rateHz: 48_000, silentPacketBytes: 2))
        self.queue = queue
        self.encoder = encoder
        self.decoder = decoder
        self.down = down
        self.up = up
        sound.initialize(repeating: 0.1, count: 5_760)
        more.initialize(repeating: 0, count: 5_760)
        bytes.initialize(repeating: 0, count: 11_520)
    }

    deinit {
        sound.deallocate()
        more.deallocate()
        bytes.deallocate()
        cut.deallocate()
    }

    /// Sends a frame and plays what came, 20 ms each; returns samples played.
    @_noLocks
    mutating func step(number: Int, format: AudioFormat) -> Int {
        _ = capture.write(sound, count: 960)
        let got = capture.read(into: sound, count: 960)
        if meter.measure(sound, count: got) { ramp.move(to: meter.reading.peak, over: 480) }
        ramp.apply(to: sound, count: got)
        let (_, wire) = down.process(sound, count: got, into: more, capacity: 600)
        switch format.codec {
        case .pcmS16LE: PCM16.encode(more, to: bytes, count: wire)
        case .pcmu: G711.encode(more, to: bytes, count: wire, law: .mu)
        case .pcma: G711.encode(more, to: bytes, count: wire, law: .a)
        case .opus: break
        }
        guard let item = SpeechItem(id: bytes, byteCount: 8) else { return 0 }
        if case .full = queue.append(littleEndian: bytes, count: wire, item: item) { return 0 }
        _ = queue.append(more, count: 1, item: item, endsItem: number % 50 == 49)

        let size = encoder.encode(sound, count: 960, into: bytes, capacity: 1_275)
        guard let samples = OpusPacket.sampleCount(bytes, count: size, rateHz: 48_000) else {
            return 0
        }
        let header = PacketHeader(
            sequence: UInt16(truncatingIfNeeded: number),
            timestamp: UInt32(truncatingIfNeeded: number * 960), sampleCount: samples, item: item)
        let now = Int64(number) * 960
        if number % 7 != 0 { _ = jitter.insert(header, bytes: bytes, byteCount: size, now: now) }
        var played = 0
        switch jitter.pull(now: now, isQuiet: meter.reading.peak < 0.001) {
        case .packet(let packet):
            played = decoder.decode(
                packet.bytes, count: packet.byteCount, into: sound, capacity: 5_760)
        case .conceal(let count, let next):
            if let next, OpusPacket.carriesFEC(next.bytes, count: next.byteCount) {
                played = decoder.recover(
                    from: next.bytes, byteCount: next.byteCount, into: sound, count: count)
                jitter.noteRecovered(sampleCount: count)
            } else {
                played = decoder.conceal(into: sound, count: count)
            }
        case .silence(let count): played = decoder.conceal(into: sound, count: count)
        case .wait: Mixer.silence(sound, count: 960)
        }
        if let chunk = queue.read(into: more, count: 480) {
            ledger.record(chunk, rateHz: queue.rateHz, at: now)
            let (_, produced) = up.process(
                more, count: chunk.count, into: more + 1_000, capacity: 1_000)
            Mixer.add(more + 1_000, to: sound, count: produced)
            Mixer.limit(sound, count: produced)
        }
        clock.report(heardSamples: now, writtenSamples: now + 960, nowNs: 1, running: true)
        while let event = ledger.advance(to: clock.heardSamples(nowNs: 1)) {
            if case .finished(_, let count, _) = event { played += Int(count) & 0 }
        }
        if number % 100 == 99 { _ = ledger.cutOff(&queue, into: cut, capacity: 8) }
        return played
    }
}

@Suite struct RealTimeUseTests {
    @Test func everyPartWorksUnderTheRealTimeAttribute() throws {
        var engine = Engine(
            queue: try PlayoutQueue(rateHz: 24_000, seconds: 10),
            encoder: try OpusEncoder(rateHz: 48_000), decoder: try OpusDecoder(rateHz: 48_000),
            down: try Resampler(inputRateHz: 48_000, outputRateHz: 24_000, quality: .lowDelay),
            up: try Resampler(inputRateHz: 24_000, outputRateHz: 48_000, quality: .transparent))
        var played = 0
        for number in 0..<300 { played += engine.step(number: number, format: .pcm24k) }
        #expect(played > 250 * 960)
    }
}
