import Synchronization

/// A bounded queue of samples between exactly one producing and one consuming thread, without locks.
///
/// The two counters never wrap (at 48 kHz they last six million years); a sample's place is its count
/// modulo the capacity. Each side publishes its own counter with release and reads the other's with
/// acquire, which orders the samples themselves.
public struct SampleRing: ~Copyable {
    /// Samples that fit: a power of two.
    public let capacity: Int
    private let storage: UnsafeMutablePointer<Float>
    private let written = Atomic<Int>(0)
    private let consumed = Atomic<Int>(0)

    /// - Parameter capacity: at least this many samples; rounded up to a power of two.
    public init(capacity: Int) {
        precondition(capacity > 0 && capacity <= 1 << 30, "a ring holds 1 to 2^30 samples")
        var size = 1
        while size < capacity { size <<= 1 }
        self.capacity = size
        storage = .allocate(capacity: size)
        storage.initialize(repeating: 0, count: size)
    }

    deinit { storage.deallocate() }

    /// Samples ever written. [any thread, real-time safe]
    public var writtenCount: Int { @_noLocks get { written.load(ordering: .acquiring) } }
    /// Samples ever consumed. [any thread, real-time safe]
    public var consumedCount: Int { @_noLocks get { consumed.load(ordering: .acquiring) } }

    /// Samples that wait. [consumer; elsewhere a snapshot; real-time safe]
    public var available: Int {
        @_noLocks get {
            // The consumer's counter first: it can't pass the other then, whoever asks.
            let start = consumedCount
            return min(capacity, writtenCount - start)
        }
    }

    /// Samples for which there is room. [producer; elsewhere a snapshot; real-time safe]
    public var room: Int { @_noLocks get { capacity - available } }

    /// Appends what fits and returns how many that were. [producer, real-time safe]
    @_noLocks
    public func write(_ samples: UnsafePointer<Float>, count: Int) -> Int {
        let start = written.load(ordering: .relaxed)
        let free = capacity - (start - consumed.load(ordering: .acquiring))
        let taken = min(count, free)
        guard taken > 0 else { return 0 }
        let place = start & (capacity - 1)
        let first = min(taken, capacity - place)
        copy(samples, to: storage + place, count: first)
        copy(samples + first, to: storage, count: taken - first)
        written.store(start + taken, ordering: .releasing)
        return taken
    }

    /// Appends up to `count` samples of silence and returns how many fitted. [producer, real-time safe]
    @_noLocks
    @discardableResult
    public func writeSilence(count: Int) -> Int {
        let start = written.load(ordering: .relaxed)
        let taken = min(count, capacity - (start - consumed.load(ordering: .acquiring)))
        guard taken > 0 else { return 0 }
        let place = start & (capacity - 1)
        let first = min(taken, capacity - place)
        Mixer.silence(storage + place, count: first)
        Mixer.silence(storage, count: taken - first)
        written.store(start + taken, ordering: .releasing)
        return taken
    }

    /// Moves up to `count` samples out and returns how many there were. [consumer, real-time safe]
    @_noLocks
    public func read(into samples: UnsafeMutablePointer<Float>, count: Int) -> Int {
        let start = consumed.load(ordering: .relaxed)
        let taken = min(count, written.load(ordering: .acquiring) - start)
        guard taken > 0 else { return 0 }
        let place = start & (capacity - 1)
        let first = min(taken, capacity - place)
        copy(storage + place, to: samples, count: first)
        copy(storage, to: samples + first, count: taken - first)
        consumed.store(start + taken, ordering: .releasing)
        return taken
    }

    /// Drops up to `count` samples and returns how many there were. [consumer, real-time safe]
    @_noLocks
    @discardableResult
    public func discard(_ count: Int) -> Int {
        let start = consumed.load(ordering: .relaxed)
        let taken = min(count, written.load(ordering: .acquiring) - start)
        guard taken > 0 else { return 0 }
        consumed.store(start + taken, ordering: .releasing)
        return taken
    }
}

@_noLocks
@inline(__always)
private func copy(
    _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
) {
    UnsafeMutableRawPointer(target)
        .copyMemory(from: source, byteCount: count * MemoryLayout<Float>.stride)
}
