import JSON

/// Every event of the server, with each member missing, null, of another type, or huge.
public enum BadEvents {
    /// Members that occur in events; a value of the right type for each.
    private static let members: [(name: String, value: JSONValue)] = [
        ("event_id", "e"), ("item_id", "i"), ("previous_item_id", "p"), ("response_id", "r"),
        ("content_index", 0), ("output_index", 0), ("delta", "AAAA"), ("transcript", "t"),
        ("text", "t"), ("arguments", "{}"), ("name", "n"), ("call_id", "c"), ("event", "1"),
        ("audio_start_ms", 1), ("audio_end_ms", 1),
        ("error", ["type": "server_error", "code": "c", "message": "m", "event_id": "x"]),
        (
            "session",
            [
                "expires_at": 1, "tracing": nil,
                "audio": ["input": ["format": ["type": "audio/pcm"]]],
            ]
        ),
        (
            "item",
            [
                "id": "i", "type": "message", "role": "assistant", "status": "completed",
                "content": [["type": "output_audio", "transcript": "t"]],
            ]
        ),
        (
            "response",
            [
                "id": "r", "status": "failed", "output": [["content": []]],
                "status_details": ["error": ["code": "c"]],
                "usage": ["input_tokens": 1, "input_token_details": ["text_tokens": 1]],
            ]
        ),
        ("part", ["type": "audio"]),
        ("rate_limits", [["name": "tokens", "limit": 1, "remaining": 1, "reset_seconds": 0.5]]),
    ]

    private static let wrong: [JSONValue] = [
        nil, true, -1, 9_223_372_036_854_775_807, 1e308, "", [], [:], [nil, 1, "x", [:]],
        .string(String(repeating: "x", count: 4_000)),
        ["id": nil, "type": 5, "content": 7, "audio": "x", "usage": [], "error": []],
        [
            "id": .string(String(repeating: "y", count: 300)), "type": "message", "role": "robot",
            "content": [1], "usage": ["input_tokens": -5, "input_token_details": ["a": [:]]],
        ],
    ]

    private static let itemTypes = [
        "message", "function_call", "mcp_call", "mcp_approval_request", "mcp_list_tools", "new",
    ]

    public static let names = [
        "session.created",
        "session.updated",
        "conversation.created",
        "conversation.item.created",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.retrieved",
        "conversation.item.truncated",
        "conversation.item.deleted",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.input_audio_transcription.segment",
        "conversation.item.input_audio_transcription.failed",
        "input_audio_buffer.committed",
        "input_audio_buffer.cleared",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.dtmf_event_received",
        "output_audio_buffer.started",
        "output_audio_buffer.stopped",
        "output_audio_buffer.cleared",
        "response.created",
        "response.done",
        "response.output_item.added",
        "response.output_item.done",
        "response.content_part.added",
        "response.content_part.done",
        "response.output_text.delta",
        "response.output_text.done",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.delta",
        "response.output_audio_transcript.done",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.mcp_call_arguments.delta",
        "response.mcp_call_arguments.done",
        "response.mcp_call.in_progress",
        "response.mcp_call.completed",
        "response.mcp_call.failed",
        "mcp_list_tools.in_progress",
        "mcp_list_tools.completed",
        "mcp_list_tools.failed",
        "rate_limits.updated",
        "error",
        "response.audio.delta", "response.audio.done", "response.text.delta",
        "response.audio_transcript.delta", "new.event",
    ]

    public static func variants(of name: String) -> [JSONObject] {
        var whole: JSONObject = ["type": .string(name)]
        for (name, value) in members { whole[name] = value }
        var variants = [whole]
        for (member, _) in members {
            var without = whole
            without[member] = nil
            variants.append(without)
            for value in wrong {
                var changed = whole
                changed[member] = value
                variants.append(changed)
            }
        }
        for place in ["item", "response", "session", "error"] {
            for (member, _) in whole[place]?.objectValue?.members ?? [] {
                for value in [nil] + wrong.map(Optional.some) {
                    var inner = whole[place]?.objectValue ?? [:]
                    inner[member] = value
                    var changed = whole
                    changed[place] = .object(inner)
                    variants.append(changed)
                }
            }
        }
        for type in itemTypes {
            variants.append(
                [
                    "type": .string(name), "item": ["id": "i", "type": .string(type)],
                ])
        }
        return variants
    }
}
