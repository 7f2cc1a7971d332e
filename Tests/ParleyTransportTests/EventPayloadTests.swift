import JSON
import ParleyTransport
import Testing

/// The shape of every event, as clients of the control protocol see it.
@Suite struct EventPayloadTests {
    static let shapes: [(TransportEvent, String, String)] = [
        (.raw(["type": "x", "n": 1]), "transport_event", #"{"type":"x","n":1}"#),
        (.audioDone(AudioDone()), "audio_done", "{}"),
        (
            .audioDone(AudioDone(itemID: "i", contentIndex: 0, responseID: "r")), "audio_done",
            #"{"itemId":"i","contentIndex":0,"responseId":"r"}"#
        ),
        (
            .audioTranscriptDelta(TextDelta(itemID: "i", delta: "d", responseID: "r")),
            "audio_transcript_delta",
            #"{"type":"transcript_delta","itemId":"i","delta":"d","responseId":"r"}"#
        ),
        (
            .outputTextDelta(TextDelta(itemID: "i", delta: "d")), "output_text_delta",
            #"{"type":"output_text_delta","itemId":"i","delta":"d"}"#
        ),
        (
            .functionCall(FunctionCall(id: "i", callID: "c", name: "f", arguments: "{}")),
            "function_call",
            #"{"id":"i","type":"function_call","name":"f","callId":"c","arguments":"{}"}"#
        ),
        (
            .turnStarted(providerData: ["id": "r"]), "turn_started",
            #"{"type":"response_started","providerData":{"id":"r"}}"#
        ),
        (
            .turnDone(
                TurnDone(
                    responseID: "r", output: [["itemId": "i"]],
                    usage: Usage(inputTokens: 1, outputTokens: 2))), "turn_done",
            #"{"type":"response_done","response":{"id":"r","output":[{"itemId":"i"}],"#
                + #""usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3}}}"#
        ),
        (
            .usageUpdate(
                Usage(
                    inputTokens: 1, outputTokens: 2, totalTokens: 9,
                    inputDetails: ["cachedTokens": 1])), "usage_update",
            #"{"inputTokens":1,"outputTokens":2,"totalTokens":9,"#
                + #""inputTokensDetails":{"cachedTokens":1}}"#
        ),
        (
            .itemUpdate(
                .message(
                    .init(
                        itemID: "i", previousItemID: "h", role: .user,
                        content: [.inputText("t"), .inputAudio(transcript: nil), .inputImage("u")]))
            ),
            "item_update",
            #"{"itemId":"i","previousItemId":"h","type":"message","role":"user","#
                + #""status":"completed","content":[{"type":"input_text","text":"t"},"#
                + #"{"type":"input_audio","transcript":null},{"type":"input_image","image":"u"}]}"#
        ),
        (
            .itemUpdate(
                .message(
                    .init(
                        itemID: "i", role: .assistant, status: .inProgress,
                        content: [.outputText("t"), .outputAudio(transcript: "a")]))),
            "item_update",
            #"{"itemId":"i","type":"message","role":"assistant","status":"in_progress","#
                + #""content":[{"type":"output_text","text":"t"},"#
                + #"{"type":"output_audio","transcript":"a"}]}"#
        ),
        (
            .itemUpdate(
                .functionCall(
                    .init(
                        itemID: "i", callID: "c", status: .inProgress, name: "f", arguments: "{}"))),
            "item_update",
            #"{"itemId":"i","type":"function_call","callId":"c","status":"in_progress","#
                + #""name":"f","arguments":"{}","output":null}"#
        ),
        (.itemDeleted(itemID: "i"), "item_deleted", #"{"itemId":"i"}"#),
        (
            .mcpToolsListed(serverLabel: "s", tools: [["name": "t"]]), "mcp_tools_listed",
            #"{"serverLabel":"s","tools":[{"name":"t"}]}"#
        ),
        (
            .mcpApprovalRequest(
                .init(itemID: "i", serverLabel: "s", name: "f", arguments: ["a": 1])),
            "mcp_approval_request",
            #"{"itemId":"i","type":"mcp_approval_request","serverLabel":"s","name":"f","#
                + #""arguments":{"a":1},"approved":null}"#
        ),
        (
            .mcpToolCallCompleted(
                .init(itemID: "i", status: .completed, name: "f", arguments: "{}", output: "o")),
            "mcp_tool_call_completed",
            #"{"itemId":"i","type":"mcp_call","status":"completed","name":"f","arguments":"{}","#
                + #""output":"o"}"#
        ),
        (
            .error(["code": "c", "message": "m"]), "error",
            #"{"type":"error","error":{"code":"c","message":"m"}}"#
        ),
        (.dtmf(digits: "1#"), "dtmf", #"{"digits":"1#"}"#),
    ]

    @Test(arguments: shapes.indices)
    func `an event has the name and the members of the transport layer`(index: Int) {
        let (event, type, text) = Self.shapes[index]
        #expect(event.type == type)
        #expect(event.data.serialized() == text)
    }
}
