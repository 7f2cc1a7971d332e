/// The events that `events.subscribe` knows.
public enum EventType: String, Sendable, Hashable, CaseIterable {
    // Of the transport layer, spelled as there.
    case audioInterrupted = "audio_interrupted"
    case audioDone = "audio_done"
    case audioTranscriptDelta = "audio_transcript_delta"
    case outputTextDelta = "output_text_delta"
    case functionCall = "function_call"
    case turnStarted = "turn_started"
    case turnDone = "turn_done"
    case usageUpdate = "usage_update"
    case itemUpdate = "item_update"
    case itemDeleted = "item_deleted"
    case mcpToolsListed = "mcp_tools_listed"
    case mcpApprovalRequest = "mcp_approval_request"
    case mcpToolCallCompleted = "mcp_tool_call_completed"
    case error
    case connectionChange = "connection_change"
    case transportEvent = "transport_event"
    // Parley's own.
    case sessionCreated = "session_created"
    case sessionClosed = "session_closed"
    case sessionState = "session_state"
    case deviceAdded = "device_added"
    case deviceRemoved = "device_removed"
    case deviceChanged = "device_changed"
    case soundServer = "sound_server"
    case transportAdded = "transport_added"
    case transportRemoved = "transport_removed"
    case transportFailed = "transport_failed"
    case secretNeeded = "secret_needed"
    case dtmf
    case levels
    case lost

    /// Whether a monitor may see it: nothing that was said, typed or decided in a conversation.
    public var isForMonitors: Bool {
        switch self {
        case .audioInterrupted, .audioDone, .turnStarted, .turnDone, .usageUpdate, .error,
            .connectionChange, .sessionCreated, .sessionClosed, .sessionState, .deviceAdded,
            .deviceRemoved, .deviceChanged, .soundServer, .transportAdded, .transportRemoved,
            .transportFailed, .secretNeeded, .levels, .lost:
            true
        case .audioTranscriptDelta, .outputTextDelta, .functionCall, .itemUpdate, .itemDeleted,
            .mcpToolsListed, .mcpApprovalRequest, .mcpToolCallCompleted, .transportEvent, .dtmf:
            false
        }
    }

    /// Whether a plugin may tell it: what of the transport layer comes from the peer. The rest is the daemon's
    /// to say, and clients rely on that.
    public var isOfTransports: Bool {
        switch self {
        case .audioDone, .audioTranscriptDelta, .outputTextDelta, .functionCall, .turnStarted,
            .turnDone, .usageUpdate, .itemUpdate, .itemDeleted, .mcpToolsListed,
            .mcpApprovalRequest, .mcpToolCallCompleted, .error, .transportEvent, .dtmf:
            true
        case .audioInterrupted, .connectionChange, .sessionCreated, .sessionClosed, .sessionState,
            .deviceAdded, .deviceRemoved, .deviceChanged, .soundServer, .transportAdded,
            .transportRemoved, .transportFailed, .secretNeeded, .levels, .lost:
            false
        }
    }

    /// Whether only the newest counts, so that a slow reader gets just that one.
    public var isState: Bool {
        switch self {
        case .connectionChange, .sessionState, .deviceChanged, .soundServer, .levels: true
        default: false
        }
    }

    /// Whether it must be asked for by name.
    public var isOnDemand: Bool { self == .levels }
}
