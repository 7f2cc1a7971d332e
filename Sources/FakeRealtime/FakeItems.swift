import JSON

/// The conversation as the server has it.
struct FakeItems {
    private(set) var order: [String] = []
    private var items: [String: JSONObject] = [:]
    /// Speech of an assistant's item, in ms.
    private var spokenMs: [String: Int] = [:]
    private var lastNumber = 0
    private let idInfix: String

    init(idInfix: String) { self.idInfix = idInfix }

    mutating func newID() -> String {
        lastNumber += 1
        return "item_\(idInfix)\(lastNumber)"
    }

    subscript(id: String) -> JSONObject? {
        get { items[id] }
        set {
            guard items[id] != nil else { return }
            items[id] = newValue
        }
    }

    var last: String? { order.last }

    /// Puts an item behind another one; `root` stands for the beginning, nil for the end.
    ///
    /// - Returns: what it stands behind, or nil inside for an unknown one.
    mutating func insert(_ item: JSONObject, id: String, after previous: String?) -> String?? {
        let place: Int
        switch previous {
        case nil: place = order.count
        case "root": place = 0
        case let previous?:
            guard let index = order.firstIndex(of: previous) else { return nil }
            place = index + 1
        }
        items[id] = item
        order.insert(id, at: place)
        return .some(place > 0 ? order[place - 1] : nil)
    }

    mutating func remove(_ id: String) -> Bool {
        guard items.removeValue(forKey: id) != nil else { return false }
        order.removeAll { $0 == id }
        return true
    }

    mutating func spoke(_ id: String, totalMs: Int) { spokenMs[id] = totalMs }

    enum Truncation: Equatable {
        case done
        case unknown
        case noAudio
        case tooLong(availableMs: Int)
    }

    mutating func truncate(_ id: String, endMs: Int) -> Truncation {
        guard var item = items[id] else { return .unknown }
        guard let available = spokenMs[id] else { return .noAudio }
        guard endMs <= available else { return .tooLong(availableMs: available) }
        spokenMs[id] = endMs
        // The transcript can't be cut at a place in time, so it goes.
        item["content"] = [["type": "output_audio", "transcript": nil]]
        items[id] = item
        return .done
    }
}
