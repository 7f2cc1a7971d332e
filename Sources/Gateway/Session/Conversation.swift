import JSON

/// The items of a conversation in order, as the plugin reported them: what `sessions.get` pages
/// through and what a plugin gets back after a reconnect.
///
/// An item is an object with `itemId`; `previousItemId` puts it behind that one. Unknown members are
/// kept. Bounded: the oldest items leave first.
struct Conversation {
    /// Items kept.
    static var limit: Int { 2_000 }
    /// Bytes kept: with options and config it must go into one message to the host.
    static var byteLimit: Int { 12 << 20 }

    private struct Entry {
        let id: String
        var item: JSONObject
        var bytes: Int
    }

    private var entries: [Entry] = []
    private var bytes = 0
    /// Where each item stands, counted from the first item that there ever was.
    private var places: [String: Int] = [:]
    private var firstPlace = 0

    var items: [JSONObject] { entries.map(\.item) }

    /// Inserts or replaces an item. False when it has no usable id.
    mutating func update(_ item: JSONValue) -> Bool {
        guard let object = item.objectValue, let id = object["itemId"]?.stringValue, !id.isEmpty
        else { return false }
        let size = item.footprint
        guard size <= Self.byteLimit else {
            // Alone it is too much, and what is kept of it is out of date.
            remove(id: id)
            return true
        }
        if let index = index(of: id) {
            bytes += size - entries[index].bytes
            entries[index].item = object
            entries[index].bytes = size
        } else {
            bytes += size
            insert(Entry(id: id, item: object, bytes: size))
        }
        while entries.count > Self.limit || bytes > Self.byteLimit { removeFirst() }
        return true
    }

    mutating func remove(id: String) {
        guard let index = index(of: id) else { return }
        bytes -= entries[index].bytes
        entries.remove(at: index)
        places[id] = nil
        renumber(from: index)
    }

    /// Up to `limit` items behind the one called `after`, or from the start.
    func page(after: String?, limit: Int) -> (items: [JSONValue], hasMore: Bool) {
        let start = after.flatMap { index(of: $0) }.map { $0 + 1 } ?? 0
        let page = entries.dropFirst(start).prefix(max(0, limit))
        return (page.map { .object($0.item) }, start + page.count < entries.count)
    }

    /// All of it, as `connect` hands it to a plugin.
    var json: JSONValue { .array(entries.map { .object($0.item) }) }

    private func index(of id: String) -> Int? { places[id].map { $0 - firstPlace } }

    private mutating func insert(_ entry: Entry) {
        let previous = entry.item["previousItemId"]?.stringValue.flatMap { index(of: $0) }
        let target = previous.map { $0 + 1 } ?? entries.count
        entries.insert(entry, at: target)
        renumber(from: target)
    }

    private mutating func removeFirst() {
        let oldest = entries.removeFirst()
        bytes -= oldest.bytes
        places[oldest.id] = nil
        firstPlace += 1
    }

    private mutating func renumber(from index: Int) {
        for index in index..<entries.count { places[entries[index].id] = firstPlace + index }
    }
}
