import AudioCore
import CPulse
import DeviceLines
import EventLoop
import Synchronization

/// What the callbacks of one capture stream work with. Lives behind a raw pointer from the stream's
/// opening until its callbacks are gone; only the atomics at its end are read elsewhere.
struct CaptureIO: ~Copyable {
    let stream: OpaquePointer
    /// Kept alive by ``CaptureStream``, so no counting here.
    let line: Unmanaged<CaptureLine>
    /// Samples received since the stream began, holes included: the server's count.
    var received: Int64 = 0
    /// A sample's count and when it left the microphone.
    var anchorSample: Int64 = 0
    var anchorNs: UInt64 = 0
    var timing = TimingSchedule()
    var skew = DeviceSkew.make()
    let silence: UnsafeMutablePointer<Float>
    /// When sound came last.
    let activityNs = Atomic<UInt64>(0)
    let latencyUs = Atomic<Int>(0)
    let clockSkew = PublishedSkew()

    static var silenceCount: Int { 480 }

    init(stream: OpaquePointer, line: CaptureLine) {
        self.stream = stream
        self.line = .passUnretained(line)
        silence = .allocate(capacity: Self.silenceCount)
        silence.initialize(repeating: 0, count: Self.silenceCount)
    }

    deinit { silence.deallocate() }

    /// Takes everything that has come. [pulse thread]
    mutating func read() {
        var count = 0
        while true {
            var data: UnsafeRawPointer?
            var size = 0
            guard pa_stream_peek(stream, &data, &size) >= 0, size > 0 else { break }
            let samples = size / StreamFormat.sampleBytes
            if let data {
                append(data.assumingMemoryBound(to: Float.self), samples)
            } else {
                // A hole: sound that the server lost. Silence keeps the time.
                appendSilence(samples)
            }
            pa_stream_drop(stream)
            count += samples
        }
        guard count > 0 else { return }
        let nowNs = MonotonicClock.nowNs
        received &+= Int64(count)
        activityNs.store(nowNs, ordering: .relaxed)
        timing.ask(stream, nowNs: nowNs)
        let newestNs = anchorNs == 0 ? nowNs : min(time(of: received), nowNs)
        line._withUnsafeGuaranteedRef {
            $0.newestSampleNs.store(newestNs, ordering: .releasing)
            $0.engineDoorbell.ring()
        }
    }

    private func append(_ samples: UnsafePointer<Float>, _ count: Int) {
        line._withUnsafeGuaranteedRef {
            let taken = $0.ring.write(samples, count: count)
            if taken < count { $0.overrunSamples.wrappingAdd(count - taken, ordering: .relaxed) }
        }
    }

    private func appendSilence(_ count: Int) {
        var left = count
        while left > 0 {
            let part = min(left, Self.silenceCount)
            append(silence, part)
            left -= part
        }
    }

    private func time(of sample: Int64) -> UInt64 {
        let offsetNs = (sample - anchorSample) * 1_000_000_000 / StreamFormat.rateHz
        return UInt64(max(0, Int64(clamping: anchorNs) + offsetNs))
    }

    /// The server told how far it is. [pulse thread]
    mutating func retime() {
        guard let timing = StreamTiming(stream) else { return }
        // At that moment the microphone was this far; a monitor hears what is still to be played.
        anchorSample = timing.writeSamples + timing.sourceSamples - timing.sinkSamples
        anchorNs = timing.atNs
        let behind = anchorSample - received
        latencyUs.store(Int(max(0, behind) * 1000 / 48), ordering: .relaxed)
        skew.note(sample: anchorSample, atNs: anchorNs)
        clockSkew.publish(skew)
    }
}

typealias CaptureIOPointer = UnsafeMutablePointer<CaptureIO>

func onCaptureReadable(_ stream: OpaquePointer?, _ size: Int, _ io: UnsafeMutableRawPointer?) {
    io?.assumingMemoryBound(to: CaptureIO.self).pointee.read()
}

func onCaptureTiming(_ stream: OpaquePointer?, _ io: UnsafeMutableRawPointer?) {
    io?.assumingMemoryBound(to: CaptureIO.self).pointee.retime()
}
