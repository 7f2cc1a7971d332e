import JSON

/// An event of the transport layer, as a plugin tells it by ``TransportHost/event(_:)``.
///
/// ``type`` is its name in the control protocol and ``data`` its payload, both spelled as in the seed's
/// `RealtimeTransportEventTypes`. Four of the seed's events are missing because the daemon makes them:
/// `audio` from frames, `audio_interrupted` from the flush, `connection_change`, `connected` and
/// `disconnected` from the status.
public enum TransportEvent: Sendable, Hashable {
    /// The peer's raw event, any object. Comes before the typed events made from it.
    case raw(JSONValue)
    /// The peer has generated all audio of a response. Not: it was played.
    case audioDone(AudioDone)
    case audioTranscriptDelta(TextDelta)
    case outputTextDelta(TextDelta)
    case functionCall(FunctionCall)
    case turnStarted(providerData: JSONObject)
    case turnDone(TurnDone)
    case usageUpdate(Usage)
    /// An item was added or changed.
    case itemUpdate(RealtimeItem)
    case itemDeleted(itemID: String)
    case mcpToolsListed(serverLabel: String, tools: [JSONValue])
    case mcpApprovalRequest(RealtimeItem.MCPApprovalRequest)
    case mcpToolCallCompleted(RealtimeItem.MCPCall)
    /// A fault that does not end the connection, of the peer or of the transport itself.
    case error(JSONValue)
    /// Telephone keys that the peer pressed.
    case dtmf(digits: String)

    public var type: String {
        switch self {
        case .raw: "transport_event"
        case .audioDone: "audio_done"
        case .audioTranscriptDelta: "audio_transcript_delta"
        case .outputTextDelta: "output_text_delta"
        case .functionCall: "function_call"
        case .turnStarted: "turn_started"
        case .turnDone: "turn_done"
        case .usageUpdate: "usage_update"
        case .itemUpdate: "item_update"
        case .itemDeleted: "item_deleted"
        case .mcpToolsListed: "mcp_tools_listed"
        case .mcpApprovalRequest: "mcp_approval_request"
        case .mcpToolCallCompleted: "mcp_tool_call_completed"
        case .error: "error"
        case .dtmf: "dtmf"
        }
    }

    public var data: JSONValue {
        switch self {
        case .raw(let event): event
        case .audioDone(let done): done.json
        case .audioTranscriptDelta(let delta): delta.json(type: "transcript_delta")
        case .outputTextDelta(let delta): delta.json(type: "output_text_delta")
        case .functionCall(let call): call.json
        case .turnStarted(let data): ["type": "response_started", "providerData": .object(data)]
        case .turnDone(let turn): turn.json
        case .usageUpdate(let usage): usage.json
        case .itemUpdate(let item): item.json
        case .itemDeleted(let itemID): ["itemId": .string(itemID)]
        case .mcpToolsListed(let label, let tools):
            ["serverLabel": .string(label), "tools": .array(tools)]
        case .mcpApprovalRequest(let request): request.json
        case .mcpToolCallCompleted(let call): call.json
        case .error(let fault): ["type": "error", "error": fault]
        case .dtmf(let digits): ["digits": .string(digits)]
        }
    }
}
