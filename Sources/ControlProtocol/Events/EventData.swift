/// What the `data` of each event is.
///
/// Events of the transport layer come from plugins, and peers may add to them; those of Parley are
/// exactly as described.
extension EventType {
    public var data: ValueType {
        switch self {
        case .audioInterrupted: Self.interruption
        case .audioDone:
            .openObject([
                .optional("itemId", .string, "What was said."),
                .optional("contentIndex", .count, "Which part of it."),
                .optional("responseId", .string, "Of which response."),
            ])
        case .audioTranscriptDelta: Self.delta("transcript_delta")
        case .outputTextDelta: Self.delta("output_text_delta")
        case .functionCall: Self.functionCallData
        case .turnStarted:
            .openObject([
                .required("type", .choice(["response_started"]), "Always this."),
                .optional("providerData", .freeObject, "What the peer said."),
            ])
        case .turnDone: Self.turn
        case .usageUpdate: Self.usage
        case .itemUpdate, .mcpApprovalRequest, .mcpToolCallCompleted: .item
        case .itemDeleted: .openObject([.required("itemId", .string, "Of the item.")])
        case .mcpToolsListed:
            .openObject([
                .required("serverLabel", .string, "Of the MCP server."),
                .required("tools", .array(.any), "What it offers."),
            ])
        case .error:
            .openObject([
                .required("type", .choice(["error"]), "Always this."),
                .required("error", .any, "What the peer said."),
            ])
        case .transportEvent: .freeObject
        case .dtmf: .openObject([.required("digits", .string, "0-9, *, #, A-D.")])
        case .connectionChange, .sessionCreated, .sessionClosed, .sessionState, .deviceAdded,
            .deviceRemoved, .deviceChanged, .soundServer, .transportAdded, .transportRemoved,
            .transportFailed, .secretNeeded, .levels, .lost:
            Self.own(self)
        }
    }

    private static func own(_ type: EventType) -> ValueType {
        switch type {
        case .connectionChange:
            .object([
                .required(
                    "status",
                    .choice(["connecting", "connected", "disconnecting", "disconnected"]),
                    "As the transport layer has it."),
                .optional("reason", .string, "Why."),
            ])
        case .sessionCreated, .sessionClosed: .sessionSummary
        case .sessionState:
            .object([
                .required("state", .sessionState, "The new state."),
                .optional("reason", .string, "Why."),
                .optional("code", .string, "The peer's or the host's word for it."),
            ])
        case .deviceAdded, .deviceRemoved, .deviceChanged: .device
        case .soundServer: .soundServer
        case .transportAdded:
            .object([
                .required("transport", .string, "Id."), .required("version", .string, "Of it."),
                .required("path", .string, "Its file."),
            ])
        case .transportRemoved:
            .object([
                .required("transport", .string, "Id."), .required("path", .string, "Its file."),
            ])
        case .transportFailed:
            .object([
                .optional("transport", .string, "Id, where the file has told."),
                .required("path", .string, "Its file."), .required("reason", .string, "Why."),
            ])
        case .secretNeeded: .object([.required("name", .string, "Name of the secret.")])
        case .levels: .levels
        case .lost: .object([.required("count", .count, "Events that this client missed.")])
        default: preconditionFailure("\(type) is an event of the transport layer")
        }
    }

    private static let interruption = ValueType.object([
        .optional("itemId", .string, "What the listener was hearing."),
        .optional("contentIndex", .count, "Which part of it."),
        .optional("heardMs", .count, "How much of it was heard."),
        .required("cause", .choice(["speech", "client", "peer", "close"]), "Who asked."),
    ])

    private static func delta(_ type: String) -> ValueType {
        .openObject([
            .required("type", .choice([type]), "Always this."),
            .required("itemId", .string, "What is being said."),
            .required("delta", .string, "What is new."),
            .optional("responseId", .string, "Of which response."),
        ])
    }

    private static let functionCallData = ValueType.openObject([
        .optional("id", .string, "Of the item."),
        .required("type", .choice(["function_call"]), "Always this."),
        .required("name", .string, "Of the function."),
        .required("callId", .string, "For session.sendFunctionCallOutput."),
        .required("arguments", .string, "JSON, as the model wrote it."),
        .optional("previousItemId", .string, "The item before it."),
        .optional("responseId", .string, "Of which response."),
    ])

    private static let usage = ValueType.named(
        "Usage",
        .openObject([
            .required("inputTokens", .count, "Read by the model."),
            .required("outputTokens", .count, "Written by the model."),
            .required("totalTokens", .count, "Both."),
            .optional("inputTokensDetails", .freeObject, "By kind."),
            .optional("outputTokensDetails", .freeObject, "By kind."),
        ]))

    private static let turn = ValueType.openObject([
        .required("type", .choice(["response_done"]), "Always this."),
        .required(
            "response",
            .openObject([
                .optional("id", .string, "Of the response."),
                .optional("status", .string, "How it ended."),
                .optional("output", .array(.freeObject), "Its items."),
                .optional("usage", usage, "What it cost."),
            ]), "What the peer answered."),
    ])
}
