import CPulse
import EventLoop
import Glibc

/// libpulse's timing of a stream, turned into samples and the monotonic clock. Under the lock or in
/// a callback. [real-time safe]
struct StreamTiming {
    /// When the server looked, CLOCK_MONOTONIC.
    let atNs: UInt64
    let writeSamples: Int64
    let readSamples: Int64
    /// From the stream's buffer to the loudspeaker.
    let sinkSamples: Int64
    /// From the microphone to the stream's buffer.
    let sourceSamples: Int64
    let isPlaying: Bool

    /// Nil before the server has told anything.
    init?(_ stream: OpaquePointer?) {
        guard let stream, let info = pa_stream_get_timing_info(stream)?.pointee,
            info.read_index_corrupt == 0
        else { return nil }
        // libpulse stamps with the wall clock; its age is what counts.
        var wall = timeval()
        gettimeofday(&wall, nil)
        let ageUs =
            Int64(wall.tv_sec - info.timestamp.tv_sec) &* 1_000_000
            &+ Int64(wall.tv_usec - info.timestamp.tv_usec)
        let nowNs = MonotonicClock.nowNs
        // A wall clock that was set just now says nonsense.
        let usable = ageUs >= 0 && ageUs < 5_000_000
        atNs = usable ? nowNs - UInt64(ageUs) &* 1000 : nowNs
        writeSamples = info.write_index / 4
        readSamples = info.read_index / 4
        sinkSamples = Int64(clamping: info.sink_usec) * 48 / 1000
        sourceSamples = Int64(clamping: info.source_usec) * 48 / 1000
        isPlaying = info.playing != 0
    }
}

/// When to ask the server how far it is: soon at first, once a second later.
///
/// Asked from the callbacks that bring or want sound, so right after the server has moved on:
/// PipeWire answers with the state of its last cycle, which is as old as the cycle is long when the
/// question comes at any other time (libpulse's own automatic updates do that).
struct TimingSchedule {
    private var nextNs: UInt64 = 0
    private var intervalNs: UInt64 = 20_000_000

    /// The stream starts, or starts again. [real-time safe]
    mutating func restart() {
        nextNs = 0
        intervalNs = 20_000_000
    }

    /// [pulse thread]
    mutating func ask(_ stream: OpaquePointer, nowNs: UInt64) {
        guard nowNs >= nextNs else { return }
        nextNs = nowNs &+ intervalNs
        intervalNs = min(intervalNs * 2, 1_000_000_000)
        if let operation = pa_stream_update_timing_info(stream, nil, nil) {
            pa_operation_unref(operation)
        }
    }
}
