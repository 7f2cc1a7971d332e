import Synchronization

/// A bounded queue of plain values between exactly one producing and one consuming thread, without
/// locks. Ordering as in `SampleRing`.
struct MessageRing<Message: BitwiseCopyable>: ~Copyable {
    private let capacity: Int
    private let storage: UnsafeMutablePointer<Message>
    private let written = Atomic<Int>(0)
    private let consumed = Atomic<Int>(0)

    /// - Parameter capacity: a power of two.
    init(capacity: Int) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0)
        self.capacity = capacity
        storage = .allocate(capacity: capacity)
    }

    deinit { storage.deallocate() }

    /// False when full; then nothing was taken. [producer]
    func push(_ message: Message) -> Bool {
        let place = written.load(ordering: .relaxed)
        guard place - consumed.load(ordering: .acquiring) < capacity else { return false }
        (storage + (place & (capacity - 1))).initialize(to: message)
        written.store(place + 1, ordering: .releasing)
        return true
    }

    /// [consumer]
    func pop() -> Message? {
        let place = consumed.load(ordering: .relaxed)
        guard place < written.load(ordering: .acquiring) else { return nil }
        let message = storage[place & (capacity - 1)]
        consumed.store(place + 1, ordering: .releasing)
        return message
    }
}
