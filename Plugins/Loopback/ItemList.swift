import ParleyTransport

/// The items of the conversation, in order, in the shape of `item_update`.
struct ItemList {
    static let itemsMax = 10_000

    private var list: [(itemID: String, item: JSONValue)] = []
    private var lastNumber = 0

    init(_ items: [JSONValue]) {
        for item in items {
            guard let itemID = item["itemId"]?.stringValue else { continue }
            put(itemID, item)
        }
    }

    var count: Int { list.count }
    var lastID: String? { list.last?.itemID }

    /// An id that no item has; items of an earlier connection keep theirs.
    mutating func newID() -> String {
        repeat { lastNumber += 1 } while self["item_\(lastNumber)"] != nil
        return "item_\(lastNumber)"
    }

    subscript(itemID: String) -> JSONValue? { list.first { $0.itemID == itemID }?.item }

    func previousID(of itemID: String) -> String? {
        guard let place = list.firstIndex(where: { $0.itemID == itemID }) else { return lastID }
        return place > 0 ? list[place - 1].itemID : nil
    }

    /// Adds the item, or takes the place of the one with its id. The oldest leave when there are too many.
    mutating func put(_ itemID: String, _ item: JSONValue) {
        if let place = list.firstIndex(where: { $0.itemID == itemID }) {
            list[place].item = item
            return
        }
        if list.count >= Self.itemsMax { list.removeFirst() }
        list.append((itemID, item))
    }

    /// The answered call, or nil when there is none.
    mutating func answer(callID: String, output: String) -> JSONValue? {
        let place = list.firstIndex {
            $0.item["type"] == "function_call" && $0.item["callId"]?.stringValue == callID
        }
        guard let place, var call = list[place].item.objectValue else { return nil }
        call["status"] = "completed"
        call["output"] = .string(output)
        list[place].item = .object(call)
        return list[place].item
    }

    func approval(_ itemID: String) -> JSONValue? {
        guard let item = self[itemID], item["type"] == "mcp_approval_request" else { return nil }
        return item
    }

    struct Changes: Equatable {
        var deleted: [String] = []
        var updated: [JSONValue] = []
    }

    /// Takes `history` for the conversation. Nothing changes when an item has no id.
    mutating func replace(by history: [JSONValue]) throws(TransportError) -> Changes {
        guard history.count <= Self.itemsMax else {
            throw TransportError(.invalid, "resetHistory: more than \(Self.itemsMax) items")
        }
        var changes = Changes()
        var next: [(itemID: String, item: JSONValue)] = []
        for item in history {
            guard let itemID = item["itemId"]?.stringValue else {
                throw TransportError(.invalid, "resetHistory: every item needs an itemId")
            }
            if self[itemID] != item { changes.updated.append(item) }
            next.append((itemID, item))
        }
        let kept = Set(next.map(\.itemID))
        changes.deleted = list.map(\.itemID).filter { !kept.contains($0) }
        list = next
        return changes
    }
}
