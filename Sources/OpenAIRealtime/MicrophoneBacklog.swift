/// Sound of the microphone that a peer may still need. Bounded: the oldest leaves first.
struct MicrophoneBacklog: Sendable, Equatable {
    /// Bytes kept, as of the next ``append(_:alignment:)``.
    var limit: Int
    private var bytes: [UInt8] = []
    private var start = 0
    /// Whether something was lost since the last ``removeAll()``.
    private(set) var hasLost = false

    init(limit: Int) { self.limit = max(0, limit) }

    var count: Int { bytes.count - start }

    /// `alignment` is the size of a sample: half a sample is never kept.
    mutating func append(_ frame: UnsafeRawBufferPointer, alignment: Int) {
        bytes.append(contentsOf: frame)
        guard count > limit else { return }
        hasLost = true
        start += (count - limit + alignment - 1) / alignment * alignment
        start = min(start, bytes.count)
        guard start > bytes.count / 2 else { return }
        bytes.removeSubrange(..<start)
        start = 0
    }

    /// All that waits, oldest first.
    mutating func removeAll() -> [UInt8] {
        defer {
            bytes = []
            start = 0
            hasLost = false
        }
        return Array(bytes[start...])
    }
}
