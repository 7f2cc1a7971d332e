import JSON

/// What a peer has begun and not finished: when its connection is lost, nobody else tells clients that it
/// is over, and the next connection must know what was said. A pure value.
struct UnfinishedTurns {
    /// Bytes of text kept for an item, and items.
    static let textMax = 65_536
    private static let countMax = 64
    /// An id that is longer is not remembered.
    private static let idMax = 1_024

    private var turns: [String?] = []
    /// What items have said so far, as the content that it will be.
    private var words: [(itemID: String, kind: String, text: String)] = []

    /// Takes note of an event of the plugin.
    mutating func hear(_ type: String, _ data: JSONValue) {
        switch type {
        case "turn_started":
            let id = data["providerData"]?["id"]?.stringValue
            guard (id?.utf8.count ?? 0) <= Self.idMax else { return }
            turns.append(id)
            if turns.count > Self.countMax { turns.removeFirst() }
        case "turn_done":
            let id = data["response"]?["id"]?.stringValue
            turns.removeAll { id == nil || $0 == id }
        case "audio_transcript_delta": add(data, kind: "output_audio")
        case "output_text_delta": add(data, kind: "output_text")
        case "item_update" where data["status"] != "in_progress":
            words.removeAll { $0.itemID == data["itemId"]?.stringValue }
        default: break
        }
    }

    private mutating func add(_ data: JSONValue, kind: String) {
        guard let id = data["itemId"]?.stringValue, id.utf8.count <= Self.idMax,
            let delta = data["delta"]?.stringValue
        else { return }
        guard let place = words.firstIndex(where: { $0.itemID == id && $0.kind == kind }) else {
            words.append((id, kind, Self.beginning(of: delta, Self.textMax)))
            if words.count > Self.countMax { words.removeFirst() }
            return
        }
        let room = Self.textMax - words[place].text.utf8.count
        if room > 0 { words[place].text += Self.beginning(of: delta, room) }
    }

    /// As much of a text as goes into `room` bytes, in whole scalars. A copy, so that the rest is let go.
    private static func beginning(of text: String, _ room: Int) -> String {
        let bytes = text.utf8
        guard bytes.count > room else { return text }
        var end = bytes.index(bytes.startIndex, offsetBy: room)
        while bytes[end] & 0xC0 == 0x80 { end = bytes.index(before: end) }
        return String(text[..<end])
    }

    /// The connection is lost. - Returns: the events that tell the end of what it had begun.
    mutating func end(_ items: [JSONObject]) -> [(type: String, data: JSONValue)] {
        var events: [(String, JSONValue)] = []
        for item in items where item["type"] == "message" && item["status"] == "in_progress" {
            var item = item
            item["status"] = "incomplete"
            let said = words.filter { $0.itemID == item["itemId"]?.stringValue }
            if item["role"] == "assistant", !said.isEmpty {
                item["content"] = .array(
                    said.map { part in
                        [
                            "type": .string(part.kind),
                            part.kind == "output_audio" ? "transcript" : "text": .string(part.text),
                        ]
                    })
            }
            events.append(("item_update", .object(item)))
        }
        for turn in turns {
            var response: JSONObject = ["status": "incomplete", "output": []]
            response["id"] = turn.map { .string($0) }
            events.append(("turn_done", ["type": "response_done", "response": .object(response)]))
        }
        turns = []
        words = []
        return events
    }
}
