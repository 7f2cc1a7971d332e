import AudioCore
import DeviceLines

/// A capture device as the engine sees it: a line while the device is there, none while it is away.
struct CaptureFeed: ~Copyable {
    let number: UInt32
    var line: Unmanaged<CaptureLine>?

    init(number: UInt32) { self.number = number }
}

/// A playback device as the engine sees it, with what it was given last, so that an interruption can
/// take back one session's share of what is still in the device's buffer.
struct PlaybackFeed: ~Copyable {
    let number: UInt32
    var line: Unmanaged<PlaybackLine>?
    /// Samples given to the present line: the position of the next one.
    var position: Int64 = 0
    /// The last of the mix before limiting, by position.
    private(set) var mix = History()

    init(number: UInt32) { self.number = number }

    mutating func begin(line: Unmanaged<PlaybackLine>?) {
        self.line = line
        position = 0
        mix.clear()
    }

    mutating func remember(_ samples: UnsafePointer<Float>, count: Int) {
        mix.store(samples, at: position, count: count)
    }
}

/// The last samples of a signal, by position: a third of a second at 48 kHz at the most.
struct History: ~Copyable {
    static var capacity: Int { 16_384 }
    private let storage: UnsafeMutablePointer<Float>

    init() {
        storage = .allocate(capacity: Self.capacity)
        storage.initialize(repeating: 0, count: Self.capacity)
    }

    deinit { storage.deallocate() }

    func clear() { storage.update(repeating: 0, count: Self.capacity) }

    func store(_ samples: UnsafePointer<Float>, at position: Int64, count: Int) {
        let start = place(position)
        let first = min(count, Self.capacity - start)
        (storage + start).update(from: samples, count: first)
        storage.update(from: samples + first, count: count - first)
    }

    func sample(at position: Int64) -> Float { storage[place(position)] }

    func replace(at position: Int64, with sample: Float) { storage[place(position)] = sample }

    @inline(__always)
    private func place(_ position: Int64) -> Int {
        Int(truncatingIfNeeded: position) & (Self.capacity - 1)
    }
}
