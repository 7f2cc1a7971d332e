import Synchronization

/// How far a playback device has really come, shared between the thread that learns it and those who
/// ask.
///
/// Positions are samples at 48 kHz since the stream began. The writer reports pairs of a position and
/// its time; a reader extrapolates by the wall clock and never beyond what was written. One writer,
/// any number of readers, no locks: a sequence lock whose fields are atomics.
public struct PlaybackClock: ~Copyable {
    public static var rateHz: Int64 { 48_000 }

    private let sequence = Atomic<UInt64>(0)
    private let heard = Atomic<Int64>(0)
    private let limit = Atomic<Int64>(0)
    private let timeNs = Atomic<UInt64>(0)
    private let isRunning = Atomic<Bool>(false)

    public init() {}

    /// - Parameters:
    ///   - heardSamples: position of the sample that leaves the loudspeaker at `nowNs`.
    ///   - writtenSamples: position after the last sample given to the device.
    ///   - nowNs: CLOCK_MONOTONIC.
    ///   - running: whether the device consumes; false holds the position.
    /// [one writer, real-time safe]
    @_noLocks
    public func report(heardSamples: Int64, writtenSamples: Int64, nowNs: UInt64, running: Bool) {
        let start = sequence.load(ordering: .relaxed)
        sequence.store(start &+ 1, ordering: .relaxed)
        atomicMemoryFence(ordering: .releasing)
        heard.store(heardSamples, ordering: .relaxed)
        limit.store(writtenSamples, ordering: .relaxed)
        timeNs.store(nowNs, ordering: .relaxed)
        isRunning.store(running, ordering: .relaxed)
        sequence.store(start &+ 2, ordering: .releasing)
    }

    /// The position heard at `nowNs`: 0 before the first report, and never more than was written.
    /// [any thread, real-time safe]
    @_noLocks
    public func heardSamples(nowNs: UInt64) -> Int64 {
        while true {
            let before = sequence.load(ordering: .acquiring)
            let position = heard.load(ordering: .relaxed)
            let end = limit.load(ordering: .relaxed)
            let reportedNs = timeNs.load(ordering: .relaxed)
            let running = isRunning.load(ordering: .relaxed)
            atomicMemoryFence(ordering: .acquiring)
            guard before & 1 == 0, sequence.load(ordering: .relaxed) == before else { continue }
            guard running, nowNs > reportedNs else { return min(position, end) }
            // An hour without a report is a dead device, and the product must not overflow.
            let elapsedNs = Int64(min(nowNs - reportedNs, 3_600_000_000_000))
            return min(position + elapsedNs * Self.rateHz / 1_000_000_000, end)
        }
    }
}
