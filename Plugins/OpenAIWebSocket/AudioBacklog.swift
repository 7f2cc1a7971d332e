/// Messages of the microphone that the socket has no room for: at most so much sound, the oldest leaves
/// first. A pure value.
struct AudioBacklog {
    private let limitMs: Int
    private var messages: [(bytes: [UInt8], ms: Int)] = []
    private(set) var heldMs = 0
    /// Lost since it was last asked for.
    private var droppedMs = 0

    /// - Parameter limitMs: of sound.
    init(limitMs: Int = 500) { self.limitMs = limitMs }

    var isEmpty: Bool { messages.isEmpty }

    mutating func append(_ message: [UInt8], ms: Int) {
        messages.append((message, ms))
        heldMs += ms
        while heldMs > limitMs, messages.count > 1 {
            let oldest = messages.removeFirst()
            heldMs -= oldest.ms
            droppedMs += oldest.ms
        }
    }

    mutating func removeFirst() -> [UInt8]? {
        guard !messages.isEmpty else { return nil }
        let oldest = messages.removeFirst()
        heldMs -= oldest.ms
        return oldest.bytes
    }

    /// The mute barrier: what waits never leaves, and is no loss.
    mutating func removeAll() {
        messages = []
        heldMs = 0
    }

    /// Sound that was lost since it was last told, in ms; nil when that is less.
    mutating func takeDropped(atLeastMs: Int) -> Int? {
        guard droppedMs >= atLeastMs else { return nil }
        defer { droppedMs = 0 }
        return droppedMs
    }
}
