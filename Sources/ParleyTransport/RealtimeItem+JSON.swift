import JSON

extension RealtimeItem {
    public var json: JSONValue {
        switch self {
        case .message(let item): item.json
        case .functionCall(let item): item.json
        case .mcpCall(let item): item.json
        case .mcpApprovalRequest(let item): item.json
        case .other(let json): json
        }
    }
}

extension RealtimeItem.Message {
    var json: JSONValue {
        var object: JSONObject = ["itemId": .string(itemID)]
        object["previousItemId"] = previousItemID.map { .string($0) }
        object["type"] = "message"
        object["role"] = .string(role.rawValue)
        object["status"] = status.map { .string($0.rawValue) }
        object["content"] = .array(content.map(\.json))
        return .object(object)
    }
}

extension RealtimeItem.Content {
    var json: JSONValue {
        switch self {
        case .inputText(let text): ["type": "input_text", "text": .string(text)]
        case .inputAudio(let transcript):
            ["type": "input_audio", "transcript": transcript.map { .string($0) } ?? .null]
        case .inputImage(let image): ["type": "input_image", "image": .string(image)]
        case .outputText(let text): ["type": "output_text", "text": .string(text)]
        case .outputAudio(let transcript):
            ["type": "output_audio", "transcript": transcript.map { .string($0) } ?? .null]
        case .other(let json): json
        }
    }
}

extension RealtimeItem.FunctionCallItem {
    var json: JSONValue {
        var object: JSONObject = ["itemId": .string(itemID)]
        object["previousItemId"] = previousItemID.map { .string($0) }
        object["type"] = "function_call"
        object["callId"] = callID.map { .string($0) }
        object["status"] = .string(status.rawValue)
        object["name"] = .string(name)
        object["arguments"] = .string(arguments)
        object["output"] = output.map { .string($0) } ?? .null
        return .object(object)
    }
}

extension RealtimeItem.MCPCall {
    var json: JSONValue {
        var object: JSONObject = ["itemId": .string(itemID)]
        object["previousItemId"] = previousItemID.map { .string($0) }
        object["type"] = "mcp_call"
        object["status"] = .string(status.rawValue)
        object["name"] = .string(name)
        object["arguments"] = .string(arguments)
        object["output"] = output.map { .string($0) } ?? .null
        return .object(object)
    }
}

extension RealtimeItem.MCPApprovalRequest {
    var json: JSONValue {
        [
            "itemId": .string(itemID), "type": "mcp_approval_request",
            "serverLabel": .string(serverLabel), "name": .string(name), "arguments": arguments,
            "approved": approved.map { .bool($0) } ?? .null,
        ]
    }
}
