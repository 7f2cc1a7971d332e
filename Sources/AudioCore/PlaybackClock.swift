import Synchronization

/// How far a playback device has really come, shared between the thread that learns it and those who
/// ask.
///
/// Positions are samples at 48 kHz since the stream began. The writer reports pairs of a position and
/// its time; a reader extrapolates by the wall clock and never beyond what was written. One writer,
/// any number of readers, no locks.
///
/// A report goes into the one of two slots that readers do not look at, then the slots change places.
/// So a reader never waits for a writer that was preempted in the middle (a plain sequence lock would
/// spin then, for ever if the reader has the higher real-time priority); it tries again only when two
/// reports came while it read.
public struct PlaybackClock: ~Copyable {
    public static var rateHz: Int64 { @_noLocks get { 48_000 } }

    private struct Slot: ~Copyable {
        let heard = Atomic<Int64>(0)
        let limit = Atomic<Int64>(0)
        let timeNs = Atomic<UInt64>(0)
        let isRunning = Atomic<Bool>(false)
    }

    /// Reports ever made; its lowest bit is the slot of the newest.
    private let count = Atomic<UInt64>(0)
    private let even = Slot()
    private let odd = Slot()

    public init() {}

    /// - Parameters:
    ///   - heardSamples: position of the sample that leaves the loudspeaker at `nowNs`.
    ///   - writtenSamples: position after the last sample given to the device.
    ///   - nowNs: CLOCK_MONOTONIC.
    ///   - running: whether the device consumes; false holds the position.
    /// [one writer, real-time safe]
    @_noLocks
    public func report(heardSamples: Int64, writtenSamples: Int64, nowNs: UInt64, running: Bool) {
        let next = count.load(ordering: .relaxed) &+ 1
        // A reader that sees any of the stores below also sees that `next - 1` was published, and so
        // knows that its slot, if it was the one of `next - 2`, is being written.
        atomicMemoryFence(ordering: .releasing)
        if next & 1 == 0 {
            Self.store(even, heardSamples, writtenSamples, nowNs, running)
        } else {
            Self.store(odd, heardSamples, writtenSamples, nowNs, running)
        }
        count.store(next, ordering: .releasing)
    }

    @_noLocks
    @inline(__always)
    private static func store(
        _ slot: borrowing Slot, _ heard: Int64, _ limit: Int64, _ timeNs: UInt64, _ running: Bool
    ) {
        slot.heard.store(heard, ordering: .relaxed)
        slot.limit.store(limit, ordering: .relaxed)
        slot.timeNs.store(timeNs, ordering: .relaxed)
        slot.isRunning.store(running, ordering: .relaxed)
    }

    /// The position heard at `nowNs`: 0 before the first report, never negative, and never more than
    /// was written. It may fall a little when the device corrects its latency.
    /// [any thread, real-time safe]
    @_noLocks
    public func heardSamples(nowNs: UInt64) -> Int64 {
        while true {
            let before = count.load(ordering: .acquiring)
            guard before > 0 else { return 0 }
            let position =
                before & 1 == 0
                ? Self.position(even, nowNs: nowNs) : Self.position(odd, nowNs: nowNs)
            atomicMemoryFence(ordering: .acquiring)
            if count.load(ordering: .relaxed) == before { return position }
        }
    }

    @_noLocks
    @inline(__always)
    private static func position(_ slot: borrowing Slot, nowNs: UInt64) -> Int64 {
        let heard = slot.heard.load(ordering: .relaxed)
        let limit = slot.limit.load(ordering: .relaxed)
        let reportedNs = slot.timeNs.load(ordering: .relaxed)
        var position = heard
        if slot.isRunning.load(ordering: .relaxed), nowNs > reportedNs {
            // An hour without a report is a dead device, and the product must not overflow.
            let elapsedNs = Int64(min(nowNs - reportedNs, 3_600_000_000_000))
            position = heard &+ elapsedNs * rateHz / 1_000_000_000
        }
        return max(0, min(position, limit))
    }
}
