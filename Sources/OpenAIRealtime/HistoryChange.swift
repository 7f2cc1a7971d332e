import JSON
import ParleyTransport

/// What a `resetHistory` means to the server: it can't change an item, so a changed one is deleted
/// and made again.
struct HistoryChange: Sendable, Equatable {
    struct Creation: Sendable, Equatable {
        var item: JSONObject
        /// nil: the first.
        var previousItemID: String?
    }

    var deleted: [String] = []
    var created: [Creation] = []
    /// Items of a kind that can't be made, by id.
    var skipped: [String] = []

    /// Nothing may be sent when this throws.
    init(from old: [JSONValue], to new: [JSONValue]) throws(TransportError) {
        var known: [String: JSONValue] = [:]
        for item in old {
            if let itemID = item["itemId"]?.stringValue { known[itemID] = Self.substance(item) }
        }
        var seen: Set<String> = []
        var previousItemID: String?
        for item in new {
            guard let itemID = item["itemId"]?.stringValue, !itemID.isEmpty else {
                throw TransportError(.invalid, "resetHistory: every item needs an itemId")
            }
            guard seen.insert(itemID).inserted else {
                throw TransportError(.invalid, "resetHistory: item \(itemID) is there twice")
            }
            if known[itemID] == Self.substance(item) {
                previousItemID = itemID
                continue
            }
            guard item["type"] == "message" else {
                if known[itemID] == nil { skipped.append(itemID) } else { previousItemID = itemID }
                continue
            }
            let wire = try Self.wire(item, itemID)
            if known[itemID] != nil { deleted.append(itemID) }
            created.append(Creation(item: wire, previousItemID: previousItemID))
            previousItemID = itemID
        }
        let removed = old.compactMap { $0["itemId"]?.stringValue }.filter { !seen.contains($0) }
        deleted = removed + deleted
    }

    /// What makes a difference: neither the place nor the progress of an item does.
    private static func substance(_ item: JSONValue) -> JSONValue {
        guard var object = item.objectValue else { return item }
        object["previousItemId"] = nil
        object["status"] = nil
        return .object(object)
    }

    private static func wire(
        _ item: JSONValue, _ itemID: String
    ) throws(TransportError) -> JSONObject {
        let role = item["role"]?.stringValue ?? ""
        guard ["system", "user", "assistant"].contains(role),
            let parts = item["content"]?.arrayValue
        else {
            throw TransportError(
                .invalid, "resetHistory: message \(itemID) needs a role and a content array")
        }
        var content: [JSONValue] = []
        for part in parts {
            switch part["type"]?.stringValue {
            case "output_audio" where role == "assistant":
                throw TransportError(
                    .notSupported,
                    "resetHistory: item \(itemID) has speech of the assistant, which the server does"
                        + " not take; write its transcript as output_text")
            case "input_audio" where part["audio"] == nil:
                let text = part["transcript"]?.stringValue ?? ""
                content.append(["type": "input_text", "text": .string(text)])
            default: content += ItemMessage.wireContent([part])
            }
        }
        var wire: JSONObject = ["id": .string(itemID), "type": "message", "role": .string(role)]
        if role != "system", let status = item["status"]?.stringValue, status != "in_progress" {
            wire["status"] = .string(status)
        }
        wire["content"] = .array(content)
        return wire
    }
}
