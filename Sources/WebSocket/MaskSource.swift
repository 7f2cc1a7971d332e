import Glibc

/// Keys that mask what a client sends, unpredictable as RFC 6455, section 10.3, wants them: the system's
/// randomness, drawn for 64 frames at a time instead of with a system call for each.
struct MaskSource: ~Copyable {
    /// As much as one `getentropy` gives.
    private static var capacity: Int { 256 }

    private let pool: UnsafeMutableRawBufferPointer
    private var left = 0

    init() { pool = .allocate(byteCount: Self.capacity, alignment: 4) }

    deinit { pool.deallocate() }

    /// Fills `key`; false when the system gives no randomness.
    mutating func fill(_ key: UnsafeMutableRawBufferPointer) -> Bool {
        guard key.count <= Self.capacity else { return false }
        if left < key.count {
            guard getentropy(pool.baseAddress, Self.capacity) == 0 else { return false }
            left = Self.capacity
        }
        let fresh = UnsafeMutableRawBufferPointer(rebasing: pool[(left - key.count)..<left])
        key.copyMemory(from: UnsafeRawBufferPointer(fresh))
        // A key is used once.
        fresh.initializeMemory(as: UInt8.self, repeating: 0)
        left -= key.count
        return true
    }
}
