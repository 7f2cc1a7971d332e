import JSON

/// The tools of a session as the API takes them: only members that it knows, so that nothing of the
/// caller's own (handlers, guardrails, keys) leaves the machine.
enum ToolList {
    private static let functionMembers = ["type", "name", "description", "parameters"]
    private static let mcpMembers = [
        "type", "server_label", "server_url", "server_description", "connector_id",
        "authorization", "headers", "allowed_tools", "require_approval",
    ]

    static func wire(_ tools: [JSONValue]) -> [JSONValue] {
        tools.compactMap { tool in
            guard let tool = tool.objectValue else { return nil }
            switch tool["type"]?.stringValue ?? "function" {
            case "mcp", "hosted_mcp": return .object(pick(mcpMembers, type: "mcp", from: tool))
            case "function":
                return .object(pick(functionMembers, type: "function", from: tool))
            default: return nil
            }
        }
    }

    /// Of a member in both spellings camelCase wins.
    private static func pick(
        _ names: [String], type: String, from tool: JSONObject
    ) -> JSONObject {
        var result: JSONObject = ["type": .string(type)]
        for name in names where name != "type" {
            result[name] = tool[CaseStyle.camel(name)] ?? tool[name]
        }
        return result
    }
}
