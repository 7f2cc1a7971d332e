import JSON

/// The items of a conversation in order, as the plugin reported them: what `sessions.get` pages
/// through and what a plugin gets back after a reconnect.
///
/// An item is an object with `itemId`; `previousItemId` puts it behind that one. Unknown members are
/// kept. Bounded: the oldest items leave first.
struct Conversation {
    /// Items kept.
    static var limit: Int { 2_000 }

    private(set) var items: [JSONObject] = []
    private var places: [String: Int] = [:]

    /// Inserts or replaces an item. False when it has no usable id.
    mutating func update(_ item: JSONValue) -> Bool {
        guard let object = item.objectValue, let id = object["itemId"]?.stringValue, !id.isEmpty
        else { return false }
        if let place = places[id] {
            items[place] = object
            return true
        }
        if let previous = object["previousItemId"]?.stringValue, let place = places[previous],
            place + 1 < items.count
        {
            items.insert(object, at: place + 1)
            reindex()
        } else {
            places[id] = items.count
            items.append(object)
        }
        if items.count > Self.limit {
            items.removeFirst(items.count - Self.limit)
            reindex()
        }
        return true
    }

    mutating func remove(id: String) {
        guard let place = places[id] else { return }
        items.remove(at: place)
        reindex()
    }

    /// Up to `limit` items behind the one called `after`, or from the start.
    func page(after: String?, limit: Int) -> (items: [JSONValue], hasMore: Bool) {
        let start = after.flatMap { places[$0] }.map { $0 + 1 } ?? 0
        let page = items.dropFirst(start).prefix(max(0, limit))
        return (page.map { .object($0) }, start + page.count < items.count)
    }

    /// All of it, as `connect` hands it to a plugin.
    var json: JSONValue { .array(items.map { .object($0) }) }

    private mutating func reindex() {
        places.removeAll(keepingCapacity: true)
        for (place, item) in items.enumerated() {
            if let id = item["itemId"]?.stringValue { places[id] = place }
        }
    }
}
