import Glibc
import Testing

@testable import AudioCore

@Suite struct PlayoutQueueTests {
    private func item(_ id: String, _ part: UInt32 = 0) throws -> SpeechItem {
        try #require(SpeechItem(id, contentIndex: part))
    }

    @Test func anItemKeepsUpTo63BytesInline() throws {
        let long = String(repeating: "x", count: 63)
        #expect(try item(long).id == long)
        #expect(SpeechItem(long + "y") == nil)
        #expect(try item("item_1").id == "item_1")
        #expect(try item("ab") != item("ab\0"), "the length counts")
        #expect(try item("a", 0) != item("a", 1))
        #expect(!SpeechItem().isNamed && SpeechItem().id.isEmpty)
        var bytes = [UInt8](repeating: 0, count: 63)
        #expect(try item("grüße").copyId(to: &bytes) == 7)
        #expect(bytes[0] == UInt8(ascii: "g") && bytes[7] == 0)
    }

    @Test func everySampleComesBackWithItsItem() throws {
        var queue = try PlayoutQueue(rateHz: 8_000, seconds: 1)
        let a = try item("a")
        let b = try item("b", 2)
        #expect(queue.append([1, 2, 3] as [Int16], count: 3, item: a) == .taken)
        #expect(queue.append([4] as [Int16], count: 1, item: a, endsItem: true) == .taken)
        #expect(queue.append([Float](repeating: 0.5, count: 2), count: 2, item: b) == .taken)
        #expect(queue.availableSamples == 6 && queue.itemCount == 2)
        let first = queue.item(at: 0)
        #expect(first.item == a && first.received == 4 && first.handedOut == 0)
        #expect(first.isComplete)

        var out = [Float](repeating: 0, count: 10)
        #expect(
            queue.read(into: &out, count: 3)
                == PlayoutChunk(item: a, itemPosition: 0, count: 3, endsItem: false))
        #expect(out[..<3].map { $0 * 32_768 } == [1, 2, 3])
        #expect(
            queue.read(into: &out, count: 10)
                == PlayoutChunk(item: a, itemPosition: 3, count: 1, endsItem: true))
        #expect(queue.dryItem == nil)
        #expect(
            queue.read(into: &out, count: 10)
                == PlayoutChunk(item: b, itemPosition: 0, count: 2, endsItem: false))
        #expect(out[0] == 0.5)
        #expect(queue.read(into: &out, count: 10) == nil)
        #expect(queue.dryItem == b, "b is open and has nothing left")
        #expect(queue.received(of: b) == 2 && queue.received(of: a) == nil)

        // The end may come alone.
        #expect(queue.append([0] as [Int16], count: 0, item: b, endsItem: true) == .taken)
        #expect(queue.dryItem == nil)
        #expect(
            queue.read(into: &out, count: 10)
                == PlayoutChunk(item: b, itemPosition: 2, count: 0, endsItem: true))
        #expect(queue.itemCount == 0)
    }

    @Test func aNewItemClosesTheOneBefore() throws {
        var queue = try PlayoutQueue(rateHz: 8_000, seconds: 1)
        var out = [Float](repeating: 0, count: 10)
        let samples: [Int16] = [5, 6, 7]
        _ = queue.append(samples, count: 3, item: try item("a"))
        _ = queue.read(into: &out, count: 10)
        _ = queue.append(samples, count: 3, item: try item("b"))
        #expect(
            queue.read(into: &out, count: 10)
                == PlayoutChunk(item: try item("b"), itemPosition: 0, count: 3, endsItem: false))
        #expect(queue.itemCount == 1)
    }

    @Test func interleavedItemsCountOn() throws {
        var queue = try PlayoutQueue(rateHz: 8_000, seconds: 1)
        let samples: [Int16] = [5, 6, 7]
        for id in ["a", "b", "a"] { _ = queue.append(samples, count: 3, item: try item(id)) }
        #expect(queue.itemCount == 3)
        #expect(queue.item(at: 2).received == 6)
        var out = [Float](repeating: 0, count: 10)
        var positions: [Int64] = []
        while let chunk = queue.read(into: &out, count: 10) { positions.append(chunk.itemPosition) }
        #expect(positions == [0, 0, 3])
    }

    @Test func whatDoesNotFitIsRefusedWhole() throws {
        var queue = try PlayoutQueue(rateHz: 100, seconds: 1, items: 2)
        let samples = [Int16](repeating: 1, count: 101)
        #expect(queue.append(samples, count: 101, item: SpeechItem()) == .full)
        #expect(queue.append(samples, count: 100, item: SpeechItem()) == .taken)
        #expect(queue.append(samples, count: 1, item: SpeechItem()) == .full)
        #expect(queue.append(samples, count: 0, item: try item("b")) == .taken)
        #expect(queue.append(samples, count: 0, item: try item("c")) == .full, "two items fit")
        #expect(queue.flush() == 100 && queue.itemCount == 0 && queue.roomSamples == 100)
    }

    /// A queue that is never empty goes around its ring; the model is an array.
    @Test func aLongSpeechGoesAroundTheRing() throws {
        var queue = try PlayoutQueue(rateHz: 1_000, seconds: 1)
        let speaker = try item("speaker")
        var random = SeededRandom(seed: 7)
        var written = 0
        var read = 0
        var out = [Float](repeating: 0, count: 400)
        while read < 100_000 {
            let count = Int(random.next(below: 300))
            let block = (0..<count).map { Int16(truncatingIfNeeded: written + $0) }
            if queue.append(block, count: count, item: speaker) == .taken { written += count }
            let wanted = min(Int(random.next(below: 400)), max(0, written - read - 1))
            guard wanted > 0, let chunk = queue.read(into: &out, count: wanted) else { continue }
            #expect(chunk.itemPosition == Int64(read))
            for index in 0..<chunk.count {
                guard PCM16.sample(out[index]) == Int16(truncatingIfNeeded: read + index) else {
                    Issue.record("sample \(read + index) is \(out[index])")
                    return
                }
            }
            read += chunk.count
        }
    }

    @Test func g711AndBytesGoInWithoutABuffer() throws {
        var queue = try PlayoutQueue(rateHz: 8_000, seconds: 1)
        var out = [Float](repeating: 0, count: 4)
        _ = queue.append(
            [0x80, 0xFF] as [UInt8], law: .mu, count: 2, item: SpeechItem(), endsItem: false)
        _ = queue.append(littleEndian: [0x34, 0x12], count: 1, item: SpeechItem(), endsItem: true)
        #expect(queue.read(into: &out, count: 4)?.count == 3)
        #expect(out[0] == 32_124 / 32_768 && out[1] == 0 && out[2] == Float(0x1234) / 32_768)
    }

    @Test func pagesAreGivenBackOnlyWhileNoSpeechWaitsInThem() throws {
        var queue = try PlayoutQueue(rateHz: 48_000)
        #expect(queue.capacity == 900 * 48_000)
        let memory = queue.memory
        #expect(!memory.trim(), "nothing was used yet")
        let block = [Int16](repeating: 3, count: 30_000)
        var out = [Float](repeating: 0, count: 30_000)
        for _ in 0..<10 { _ = queue.append(block, count: 30_000, item: SpeechItem()) }
        #expect(!memory.trim())
        var sum = 0
        while let chunk = queue.read(into: &out, count: 30_000) {
            sum += out[..<chunk.count].reduce(0) { $0 + Int($1 * 32_768) }
        }
        #expect(sum == 900_000)
        #expect(memory.trim())
        #expect(!memory.hasLeftPages && !memory.trim(), "nothing is left to give")
        #expect(queue.append(block, count: 30_000, item: SpeechItem()) == .taken)
        #expect(!memory.trim(), "the first pages stay with the queue")
        #expect(queue.read(into: &out, count: 1)?.count == 1 && out[0] == 3 / 32_768)
    }

    @Test func aPeerThatNeverStopsUsesTheSameFewPages() throws {
        var queue = try PlayoutQueue(rateHz: 24_000, seconds: 120)
        let memory = queue.memory
        var out = [Float](repeating: 0, count: 480)
        var next: Int16 = 0
        var expected: Int16 = 0
        var isWhole = true
        // A second always waits, for longer than the ring is.
        for frame in 0..<(50 * 130) {
            let block = (0..<480).map { _ in
                defer { next = next == 32_000 ? 0 : next + 1 }
                return next
            }
            #expect(queue.append(block, count: 480, item: SpeechItem()) == .taken)
            guard frame >= 50 else { continue }
            #expect(queue.read(into: &out, count: 480)?.count == 480)
            for sample in out {
                isWhole = isWhole && Int16(sample * 32_768) == expected
                expected = expected == 32_000 ? 0 : expected + 1
            }
        }
        #expect(isWhole, "every sample in its order")
        #expect(queue.availableSamples == 24_000)
        let pageSize = sysconf(CInt(_SC_PAGESIZE))
        var isTouched = [UInt8](repeating: 0, count: (memory.byteCount + pageSize - 1) / pageSize)
        #expect(mincore(memory.base, memory.byteCount, &isTouched) == 0)
        let touched = isTouched.count { $0 & 1 != 0 } * pageSize
        #expect(
            (48_000..<400_000).contains(touched),
            "\(touched) bytes, of which 48,000 hold what waits")
    }
}

/// SplitMix64: the same seed gives the same run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func next(below bound: UInt64) -> UInt64 { next() % bound }
    mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }
}
