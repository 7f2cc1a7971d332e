/// Bytes in the order they came: appended at the end, taken from the front. Keeps its memory, so a
/// connection that has been through its largest message allocates no more. [one thread]
public struct ByteQueue: ~Copyable {
    private var storage: UnsafeMutableRawPointer
    private var capacity: Int
    private var start = 0
    private var end = 0

    public init(capacity: Int = 16_384) {
        self.capacity = capacity
        storage = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { storage.deallocate() }

    public var count: Int { end - start }
    public var isEmpty: Bool { start == end }

    /// What waits, valid until the next change.
    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: storage + start, count: count)
    }

    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count).copyMemory(from: source, byteCount: bytes.count)
        end += bytes.count
    }

    public mutating func append(_ text: String) {
        var copy = text
        copy.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Room for `count` bytes behind what waits; ``commit(_:)`` makes them part of it.
    public mutating func reserve(_ count: Int) -> UnsafeMutableRawPointer {
        if end + count > capacity {
            let waiting = end - start
            if waiting + count > capacity {
                capacity = max(capacity * 2, waiting + count)
                let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
                larger.copyMemory(from: storage + start, byteCount: waiting)
                storage.deallocate()
                storage = larger
            } else {
                storage.copyMemory(from: storage + start, byteCount: waiting)
            }
            start = 0
            end = waiting
        }
        return storage + end
    }

    public mutating func commit(_ count: Int) { end += count }

    /// Drops the first `count` bytes.
    public mutating func remove(_ count: Int) {
        start += min(count, end - start)
        if start == end {
            start = 0
            end = 0
        }
    }

    public mutating func removeAll() { remove(count) }
}
