import AudioCore
import CPulse
import DeviceLines
import EventLoop
import Synchronization

/// What the callbacks of one playback stream work with; kept as ``CaptureIO`` is.
///
///     server wants ─► wantedSamples ─► engine ─► ring ─► pulseDoorbell ─► server
struct PlaybackIO: ~Copyable {
    let stream: OpaquePointer
    let line: Unmanaged<PlaybackLine>
    /// Samples asked of the engine since the stream began.
    var asked = 0
    /// Samples given to the server since then: the stream's positions are the line's.
    var written: Int64 = 0
    /// The server ran dry and has not said that it plays again: the clock stands.
    var isStarved = false
    /// The server's write position is not ``written``: the next write must say where it goes.
    var mustSeek = false
    var heard: Int64 = 0
    var heardNs: UInt64 = 0
    var isRunning = false
    var timing = TimingSchedule()
    var skew = DeviceSkew.make()
    /// When the server asked last; and whether it waits for the engine now.
    let activityNs = Atomic<UInt64>(0)
    let owed = Atomic<Int>(0)
    let latencyUs = Atomic<Int>(0)
    let clockSkew = PublishedSkew()

    init(stream: OpaquePointer, line: PlaybackLine) {
        self.stream = stream
        self.line = .passUnretained(line)
    }

    /// The server has room. [pulse thread]
    mutating func request() {
        let nowNs = MonotonicClock.nowNs
        activityNs.store(nowNs, ordering: .relaxed)
        if written > 0 { timing.ask(stream, nowNs: nowNs) }
        let writable = pa_stream_writable_size(stream)
        guard writable != Int.max, writable > 0 else { return }
        let room = writable / StreamFormat.sampleBytes
        let made = line._withUnsafeGuaranteedRef { $0.ring.writtenCount }
        // What is asked and not yet made will come, and so will what waits in the ring.
        let coming = max(asked, made) - Int(written)
        let more = room - coming
        guard more > 0 else { return }
        asked = max(asked, made) + more
        owed.store(asked - made, ordering: .relaxed)
        line._withUnsafeGuaranteedRef {
            $0.wantedSamples.wrappingAdd(more, ordering: .acquiringAndReleasing)
            $0.engineDoorbell.ring()
        }
    }

    /// The engine rang. [pulse thread]
    mutating func handOn() {
        line._withUnsafeGuaranteedRef { $0.pulseDoorbell.silence() }
        let position = line._withUnsafeGuaranteedRef { $0.patchPosition.load(ordering: .acquiring) }
        moveRing()
        if position >= 0 { patch(from: position) }
        let made = line._withUnsafeGuaranteedRef { $0.ring.writtenCount }
        owed.store(max(0, asked - made), ordering: .relaxed)
        report()
    }

    private mutating func moveRing() {
        while true {
            let waiting = line._withUnsafeGuaranteedRef { $0.ring.available }
            guard waiting > 0 else { return }
            guard let (block, room) = beginWrite(waiting) else { return }
            let count = line._withUnsafeGuaranteedRef { $0.ring.read(into: block, count: room) }
            if isStarved { hold() }
            let size = count * StreamFormat.sampleBytes
            let offset = mustSeek ? written * Int64(StreamFormat.sampleBytes) : 0
            let seek = mustSeek ? PA_SEEK_ABSOLUTE : PA_SEEK_RELATIVE
            guard pa_stream_write(stream, block, size, nil, offset, seek) >= 0 else { return }
            mustSeek = false
            written &+= Int64(count)
        }
    }

    /// Memory of the server's pool, at most `count` samples.
    private func beginWrite(_ count: Int) -> (UnsafeMutablePointer<Float>, Int)? {
        var block: UnsafeMutableRawPointer?
        var size = count * StreamFormat.sampleBytes
        guard pa_stream_begin_write(stream, &block, &size) >= 0, let block else { return nil }
        let room = min(count, size / StreamFormat.sampleBytes)
        return (block.assumingMemoryBound(to: Float.self), room)
    }

    /// Writes over what the server holds from `position` on. The patch ends where the writing was,
    /// so the sound that follows joins it.
    private mutating func patch(from position: Int64) {
        var place = position
        while true {
            let waiting = line._withUnsafeGuaranteedRef { $0.patch.available }
            guard waiting > 0, let (block, room) = beginWrite(waiting) else { break }
            let count = line._withUnsafeGuaranteedRef { $0.patch.read(into: block, count: room) }
            let offset = place * Int64(StreamFormat.sampleBytes)
            let size = count * StreamFormat.sampleBytes
            if pa_stream_write(stream, block, size, nil, offset, PA_SEEK_ABSOLUTE) < 0 { break }
            place += Int64(count)
        }
        // A short patch must not leave the next sound in the past, and a long one is sound written.
        mustSeek = place < written
        written = max(written, place)
        line._withUnsafeGuaranteedRef {
            $0.patchPosition.store(-1, ordering: .releasing)
            $0.engineDoorbell.ring()
        }
    }

    // MARK: The clock

    /// The server told how far it is. [pulse thread]
    mutating func retime() {
        guard let timing = StreamTiming(stream) else { return }
        isRunning = timing.isPlaying && pa_stream_is_suspended(stream) == 0
        if isRunning { isStarved = false }
        heard = max(0, timing.readSamples - timing.sinkSamples)
        heardNs = timing.atNs
        let ahead = timing.writeSamples - timing.readSamples + timing.sinkSamples
        latencyUs.store(Int(max(0, ahead) * 1000 / 48), ordering: .relaxed)
        if isRunning { skew.note(sample: heard, atNs: heardNs) } else { skew.restart() }
        clockSkew.publish(skew)
        report()
    }

    /// The server has nothing left. What it gave to the device still plays. [pulse thread]
    mutating func starve() {
        guard written > 0 else { return }
        isStarved = true
        skew.restart()
        line._withUnsafeGuaranteedRef { _ = $0.underruns.wrappingAdd(1, ordering: .relaxed) }
    }

    /// The server plays, for the first time or again. [pulse thread]
    mutating func start() {
        timing.restart()
        timing.ask(stream, nowNs: MonotonicClock.nowNs)
    }

    /// Sound follows a gap: the clock stands at the gap until the server says where it is.
    private mutating func hold() {
        let nowNs = MonotonicClock.nowNs
        heard = line._withUnsafeGuaranteedRef { $0.clock.heardSamples(nowNs: nowNs) }
        heardNs = nowNs
        isRunning = false
        isStarved = false
    }

    private func report() {
        line._withUnsafeGuaranteedRef {
            $0.clock.report(
                heardSamples: heard, writtenSamples: written, nowNs: heardNs, running: isRunning)
        }
    }
}

typealias PlaybackIOPointer = UnsafeMutablePointer<PlaybackIO>

func onPlaybackWritable(_ stream: OpaquePointer?, _ size: Int, _ io: UnsafeMutableRawPointer?) {
    io?.assumingMemoryBound(to: PlaybackIO.self).pointee.request()
}

func onPlaybackTiming(_ stream: OpaquePointer?, _ io: UnsafeMutableRawPointer?) {
    io?.assumingMemoryBound(to: PlaybackIO.self).pointee.retime()
}

func onPlaybackStarted(_ stream: OpaquePointer?, _ io: UnsafeMutableRawPointer?) {
    io?.assumingMemoryBound(to: PlaybackIO.self).pointee.start()
}

func onPlaybackUnderflow(_ stream: OpaquePointer?, _ io: UnsafeMutableRawPointer?) {
    io?.assumingMemoryBound(to: PlaybackIO.self).pointee.starve()
}

func onPlaybackDoorbell(
    _ api: UnsafeMutablePointer<pa_mainloop_api>?, _ event: OpaquePointer?, _ fd: CInt,
    _ flags: pa_io_event_flags_t, _ io: UnsafeMutableRawPointer?
) {
    io?.assumingMemoryBound(to: PlaybackIO.self).pointee.handOn()
}
