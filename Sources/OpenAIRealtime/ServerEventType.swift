/// The events of the server (openai 3.54.0, `types/realtime`), by their names in the GA dialect.
enum ServerEventType: String, CaseIterable, Sendable {
    case error
    case sessionCreated = "session.created"
    case sessionUpdated = "session.updated"
    case conversationCreated = "conversation.created"
    case itemCreated = "conversation.item.created"
    case itemAdded = "conversation.item.added"
    case itemDone = "conversation.item.done"
    case itemRetrieved = "conversation.item.retrieved"
    case itemTruncated = "conversation.item.truncated"
    case itemDeleted = "conversation.item.deleted"
    case transcriptionDelta = "conversation.item.input_audio_transcription.delta"
    case transcriptionCompleted = "conversation.item.input_audio_transcription.completed"
    case transcriptionSegment = "conversation.item.input_audio_transcription.segment"
    case transcriptionFailed = "conversation.item.input_audio_transcription.failed"
    case inputCommitted = "input_audio_buffer.committed"
    case inputCleared = "input_audio_buffer.cleared"
    case speechStarted = "input_audio_buffer.speech_started"
    case speechStopped = "input_audio_buffer.speech_stopped"
    case inputTimeout = "input_audio_buffer.timeout_triggered"
    case dtmfReceived = "input_audio_buffer.dtmf_event_received"
    case outputStarted = "output_audio_buffer.started"
    case outputStopped = "output_audio_buffer.stopped"
    case outputCleared = "output_audio_buffer.cleared"
    case responseCreated = "response.created"
    case responseDone = "response.done"
    case outputItemAdded = "response.output_item.added"
    case outputItemDone = "response.output_item.done"
    case contentPartAdded = "response.content_part.added"
    case contentPartDone = "response.content_part.done"
    case textDelta = "response.output_text.delta"
    case textDone = "response.output_text.done"
    case audioDelta = "response.output_audio.delta"
    case audioDone = "response.output_audio.done"
    case transcriptDelta = "response.output_audio_transcript.delta"
    case transcriptDone = "response.output_audio_transcript.done"
    case argumentsDelta = "response.function_call_arguments.delta"
    case argumentsDone = "response.function_call_arguments.done"
    case mcpArgumentsDelta = "response.mcp_call_arguments.delta"
    case mcpArgumentsDone = "response.mcp_call_arguments.done"
    case mcpCallInProgress = "response.mcp_call.in_progress"
    case mcpCallCompleted = "response.mcp_call.completed"
    case mcpCallFailed = "response.mcp_call.failed"
    case mcpListInProgress = "mcp_list_tools.in_progress"
    case mcpListCompleted = "mcp_list_tools.completed"
    case mcpListFailed = "mcp_list_tools.failed"
    case rateLimits = "rate_limits.updated"

    /// The type of a name of either dialect; nil for one that nobody knows.
    init?(name: String) {
        let current =
            switch name {
            case "response.audio.delta": "response.output_audio.delta"
            case "response.audio.done": "response.output_audio.done"
            case "response.audio_transcript.delta": "response.output_audio_transcript.delta"
            case "response.audio_transcript.done": "response.output_audio_transcript.done"
            case "response.text.delta": "response.output_text.delta"
            case "response.text.done": "response.output_text.done"
            default: name
            }
        self.init(rawValue: current)
    }
}
