import AudioCore
import Foundation
import Synchronization
import Testing

/// What two threads share, under load from both.
@Suite struct SharedStateTests {
    private final class Shared: @unchecked Sendable {
        let ring = SampleRing(capacity: 1_000)
        let clock = PlaybackClock()
    }

    @Test func aRingHoldsAPowerOfTwoAndNoMore() {
        let ring = SampleRing(capacity: 5)
        #expect(ring.capacity == 8 && ring.room == 8 && ring.available == 0)
        #expect(ring.write([1, 2, 3, 4, 5, 6], count: 6) == 6)
        var out = [Float](repeating: 0, count: 8)
        #expect(ring.read(into: &out, count: 4) == 4)
        #expect(ring.write([7, 8, 9, 10, 11, 12, 13], count: 7) == 6, "6 places are free")
        #expect(ring.room == 0 && ring.available == 8)
        #expect(ring.discard(1) == 1 && ring.discard(-3) == 0)
        #expect(ring.writeSilence(count: 4) == 1)
        #expect(ring.read(into: &out, count: 9) == 8)
        #expect(out == [6, 7, 8, 9, 10, 11, 12, 0])
    }

    @Test func everySampleCrossesInOrderOnce() async {
        let shared = Shared()
        let total = 2_000_000
        async let wrote: Void = onThread {
            var block = [Float](repeating: 0, count: 700)
            var next = 0
            var size = 1
            while next < total {
                size = (size * 7 + 3) % 700 + 1
                let count = min(size, total - next)
                // 24 bits are exact in a Float.
                for index in 0..<count { block[index] = Float((next + index) & 0xFF_FFFF) }
                var done = 0
                while done < count {
                    done += block.withUnsafeBufferPointer {
                        shared.ring.write($0.baseAddress! + done, count: count - done)
                    }
                }
                next += count
            }
        }
        async let wrong: Int = onThread {
            var block = [Float](repeating: 0, count: 900)
            var next = 0
            var wrong = 0
            var size = 1
            while next < total {
                size = (size * 5 + 1) % 900 + 1
                let count = shared.ring.read(into: &block, count: size)
                for index in 0..<count where block[index] != Float((next + index) & 0xFF_FFFF) {
                    wrong += 1
                }
                next += count
                let seen = shared.ring.available
                if seen < 0 || seen > shared.ring.capacity { wrong += 1 }
            }
            return wrong
        }
        await wrote
        #expect(await wrong == 0)
        #expect(shared.ring.available == 0)
    }

    /// One thread gives pages back as fast as it can, the other must find every sample it queued.
    @Test func trimmingNeverTakesSpeechThatWaits() async throws {
        let hasTrimmed = Flag()
        let isDone = Flag()
        var first = try PlayoutQueue(rateHz: 48_000)
        let memory = first.memory
        // What was never used can't be given back.
        let speech = [Int16](repeating: 77, count: 120_000)
        _ = first.append(speech, count: speech.count, item: SpeechItem())
        first.flush()
        let queue = first
        async let trims: Int = onThread {
            var count = 0
            while !isDone.isSet {
                guard memory.trim() else { continue }
                count += 1
                hasTrimmed.set()
            }
            return count
        }
        let (wrong, refused) = await onThread { [queue = Moved(consume queue)] in
            var queue = queue.take()
            var wrong = 0
            var refused = 0
            let block = [Int16](repeating: 77, count: 30_000)
            var out = [Float](repeating: 0, count: 30_000)
            // Both must be at work at once.
            while !hasTrimmed.isSet {}
            for _ in 0..<100 {
                var taken = 0
                for _ in 0..<4 {
                    if case .taken = queue.append(block, count: 30_000, item: SpeechItem()) {
                        taken += 30_000
                    } else {
                        refused += 1
                    }
                }
                while let chunk = queue.read(into: &out, count: 30_000) {
                    taken -= chunk.count
                    for index in 0..<chunk.count where out[index] != 77 / 32_768 { wrong += 1 }
                }
                if taken != 0 { wrong += 1 }
            }
            isDone.set()
            return (wrong, refused)
        }
        #expect(wrong == 0, "\(refused) appends met a trim")
        #expect(await trims > 0)
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .acquiring) }
        func set() { value.store(true, ordering: .releasing) }
    }

    /// Carries a queue into a thread's closure.
    private final class Moved: @unchecked Sendable {
        private var queue: PlayoutQueue?
        init(_ queue: consuming PlayoutQueue) { self.queue = consume queue }
        func take() -> PlayoutQueue {
            guard let queue = queue.take() else { preconditionFailure("taken twice") }
            return queue
        }
    }

    @Test func theClockExtrapolatesWithinWhatWasWritten() {
        let clock = PlaybackClock()
        #expect(clock.heardSamples(nowNs: 5_000_000_000) == 0)
        clock.report(
            heardSamples: 1_000, writtenSamples: 2_000, nowNs: 1_000_000_000, running: true)
        #expect(clock.heardSamples(nowNs: 900_000_000) == 1_000, "time never runs backwards")
        #expect(clock.heardSamples(nowNs: 1_010_000_000) == 1_480)
        #expect(clock.heardSamples(nowNs: 2_000_000_000) == 2_000)
        #expect(clock.heardSamples(nowNs: .max) == 2_000)
        clock.report(
            heardSamples: 1_500, writtenSamples: 2_000, nowNs: 1_020_000_000, running: false)
        #expect(clock.heardSamples(nowNs: 3_000_000_000) == 1_500, "a halted device holds")
        clock.report(heardSamples: -300, writtenSamples: 2_000, nowNs: 3_000_000_000, running: true)
        #expect(clock.heardSamples(nowNs: 3_000_000_000) == 0, "nothing has been heard yet")
    }

    @Test func aClockReadingIsNeverTorn() async {
        let shared = Shared()
        let reports: Int64 = 1_000_000
        async let wrote: Void = onThread {
            // Heard, limit and time of a report fit each other and no other report's.
            for number in 1...reports {
                shared.clock.report(
                    heardSamples: number, writtenSamples: number, nowNs: UInt64(number),
                    running: number & 1 == 0)
            }
        }
        async let wrong: Int = onThread {
            var wrong = 0
            var last: Int64 = 0
            while last < reports {
                let now = shared.clock.heardSamples(nowNs: UInt64(reports))
                if now < last { wrong += 1 }
                last = now
            }
            return wrong
        }
        await wrote
        #expect(await wrong == 0)
    }
}

/// Runs `body` on a thread of its own: the test pool must not be blocked.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: body()) }
    }
}
