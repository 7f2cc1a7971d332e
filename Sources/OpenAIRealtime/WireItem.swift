import JSON
import ParleyTransport

/// Items between the API's shape and the one of the control protocol.
extension RealtimeItem {
    /// An item of the server; nil for kinds that are no part of the history, and for one without an
    /// id.
    ///
    /// - Parameter status: where the item has none.
    init?(wire item: JSONObject, previousItemID: String?, status: Status) {
        let fields = EventFields(item)
        guard let itemID = fields.id("id"), let type = fields.text("type") else { return nil }
        let own = fields.text("status").flatMap { Status(rawValue: $0) } ?? status
        switch type {
        case "message":
            guard let role = fields.text("role").flatMap({ Message.Role(rawValue: $0) }) else {
                return nil
            }
            // A part that is no object says nothing.
            let parts = (item["content"]?.arrayValue ?? []).filter { $0.objectValue != nil }
            let content = parts.map { Content(wire: $0) }
            self = .message(
                Message(
                    itemID: itemID, previousItemID: previousItemID, role: role,
                    status: role == .system ? nil : own, content: content))
        case "function_call":
            guard let name = fields.text("name") else { return nil }
            self = .functionCall(
                FunctionCallItem(
                    itemID: itemID, previousItemID: previousItemID, callID: fields.text("call_id"),
                    status: .inProgress, name: name, arguments: fields.text("arguments") ?? ""))
        case "mcp_call", "mcp_tool_call":
            guard let name = fields.text("name") else { return nil }
            self = .mcpCall(
                MCPCall(
                    itemID: itemID, previousItemID: previousItemID, status: own, name: name,
                    arguments: fields.text("arguments") ?? "", output: fields.text("output")))
        case "mcp_approval_request":
            guard let name = fields.text("name"), let label = fields.text("server_label") else {
                return nil
            }
            let text = fields.text("arguments") ?? ""
            self = .mcpApprovalRequest(
                MCPApprovalRequest(
                    itemID: itemID, serverLabel: label, name: name,
                    arguments: (try? JSONValue(parsing: text)) ?? .string(text)))
        default: return nil
        }
    }

    /// An item in the shape of `item_update`; nil without an id.
    init?(history item: JSONValue) {
        guard let object = item.objectValue, let itemID = object["itemId"]?.stringValue else {
            return nil
        }
        let previous = object["previousItemId"]?.stringValue
        var wire = object
        wire["id"] = .string(itemID)
        wire["call_id"] = object["callId"]
        wire["content"] = object["content"]?.arrayValue.map { .array(ItemMessage.wireContent($0)) }
        guard let known = RealtimeItem(wire: wire, previousItemID: previous, status: .completed)
        else {
            self = .other(item)
            return
        }
        self = known
        if case .functionCall(var call) = known {
            call.output = object["output"]?.stringValue
            call.status = call.output == nil ? .inProgress : .completed
            self = .functionCall(call)
        }
    }

    var itemID: String {
        switch self {
        case .message(let item): item.itemID
        case .functionCall(let item): item.itemID
        case .mcpCall(let item): item.itemID
        case .mcpApprovalRequest(let item): item.itemID
        case .other(let json): json["itemId"]?.stringValue ?? ""
        }
    }
}

extension RealtimeItem.Content {
    init(wire part: JSONValue) {
        switch part["type"]?.stringValue {
        case "input_text": self = .inputText(part["text"]?.stringValue ?? "")
        case "input_audio": self = .inputAudio(transcript: part["transcript"]?.stringValue)
        case "input_image": self = .inputImage(part["image_url"]?.stringValue ?? "")
        case "output_text", "text": self = .outputText(part["text"]?.stringValue ?? "")
        case "output_audio", "audio":
            self = .outputAudio(transcript: part["transcript"]?.stringValue)
        default:
            // Audio never belongs into the history.
            guard var object = part.objectValue else {
                self = .other(part)
                return
            }
            object["audio"] = nil
            self = .other(.object(object))
        }
    }
}

/// Items of the control protocol as the server takes them.
enum ItemMessage {
    /// The content parts of a message for `conversation.item.create`.
    static func wireContent(_ parts: [JSONValue]) -> [JSONValue] {
        parts.map { part in
            guard var object = part.objectValue else { return part }
            if object["type"] == "input_image", let image = object["image"] {
                object["image_url"] = image
                object["image"] = nil
            }
            if let more = object["providerData"]?.objectValue {
                object["providerData"] = nil
                for (name, value) in more.members { object[name] = value }
            }
            return .object(object)
        }
    }

    /// A message of the history, with the text of what was spoken, because the server takes no
    /// audio of the assistant and nobody kept that of the user. nil when nothing of it can be said
    /// again.
    static func replay(_ item: JSONValue) -> JSONObject? {
        guard item["type"] == "message", let itemID = item["itemId"]?.stringValue,
            let role = item["role"]?.stringValue
        else { return nil }
        let content = (item["content"]?.arrayValue ?? []).compactMap { replay($0, role: role) }
        guard !content.isEmpty else { return nil }
        return [
            "id": .string(itemID), "type": "message", "role": .string(role),
            "content": .array(content),
        ]
    }

    private static func replay(_ part: JSONValue, role: String) -> JSONValue? {
        let text = (part["text"] ?? part["transcript"])?.stringValue ?? ""
        switch part["type"]?.stringValue {
        case "input_image":
            guard let image = (part["image"] ?? part["image_url"])?.stringValue, role == "user"
            else { return nil }
            return ["type": "input_image", "image_url": .string(image)]
        case _ where text.isEmpty: return nil
        default:
            return [
                "type": role == "assistant" ? "output_text" : "input_text", "text": .string(text),
            ]
        }
    }

    /// A call that was answered, as the two items that say so; an open one is lost with its
    /// connection.
    static func replayCall(_ item: JSONValue) -> [JSONObject] {
        guard item["type"] == "function_call", let itemID = item["itemId"]?.stringValue,
            let callID = item["callId"]?.stringValue, let name = item["name"]?.stringValue,
            let output = item["output"]?.stringValue
        else { return [] }
        return [
            [
                "id": .string(itemID), "type": "function_call", "call_id": .string(callID),
                "name": .string(name), "arguments": item["arguments"] ?? "{}",
            ],
            [
                "type": "function_call_output", "call_id": .string(callID),
                "output": .string(output),
            ],
        ]
    }
}
