import JSON

/// What waits to be written to one client: replies in order, events behind them within a bound.
///
/// A reader that lags gets only the newest of each state event; of others, what does not fit is
/// counted and told in one `lost` event when there is room again.
struct Outbox {
    private struct Entry {
        var bytes: [UInt8]
        /// Of state events: what makes a newer one replace this.
        var key: String?
        var isReply: Bool
    }

    private let limit: Int
    private var entries: [Entry] = []
    private var first = 0
    /// Bytes of the first entry that are written.
    private var written = 0
    /// Bytes that wait beside the entry being written.
    private(set) var waiting = 0
    private(set) var lost = 0

    init(limit: Int) { self.limit = limit }

    var isEmpty: Bool { first == entries.count }

    /// False when the replies alone are over the limit: a client that asks and never reads.
    mutating func addReply(_ bytes: [UInt8]) -> Bool {
        append(Entry(bytes: bytes, key: nil, isReply: true))
        return waiting <= limit
    }

    /// - Parameter key: for state events, the same for all that a newer one makes worthless.
    /// - Returns: false when it is lost.
    @discardableResult
    mutating func addEvent(_ bytes: [UInt8], key: String?) -> Bool {
        let older = key.flatMap { key in
            entries.indices.dropFirst(first + 1).first { entries[$0].key == key }
        }
        let freed = older.map { entries[$0].bytes.count } ?? 0
        guard isEmpty || waiting - freed + bytes.count <= limit else {
            lost += 1
            return false
        }
        if let older {
            // Not in its place: sequence numbers only grow on a connection.
            waiting -= freed
            entries.remove(at: older)
        }
        append(Entry(bytes: bytes, key: key, isReply: false))
        return true
    }

    /// How many were lost, once there is room to say so; counts anew from then.
    mutating func takeLost() -> Int? {
        guard lost > 0, waiting < limit / 2 else { return nil }
        defer { lost = 0 }
        return lost
    }

    private mutating func append(_ entry: Entry) {
        if !isEmpty { waiting += entry.bytes.count }
        entries.append(entry)
    }

    /// Gives the bytes to write next to `write`, which answers how many it took.
    mutating func drain(_ write: (UnsafeRawBufferPointer) -> Int) {
        while !isEmpty {
            let taken = entries[first].bytes.withUnsafeBytes { bytes in
                write(UnsafeRawBufferPointer(rebasing: bytes[written...]))
            }
            guard taken > 0 else { return }
            written += taken
            guard written == entries[first].bytes.count else { return }
            first += 1
            written = 0
            if !isEmpty { waiting -= entries[first].bytes.count }
            if first == entries.count || first > 256 {
                entries.removeFirst(first)
                first = 0
            }
        }
    }
}
