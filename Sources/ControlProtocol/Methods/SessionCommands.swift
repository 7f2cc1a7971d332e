/// `session.*`: what one session is to do.
extension ControlMethod {
    static let ofSession = Member.required("session", .string, "The session's id or name.")

    /// Of commands that the plugin carries out.
    private static let commandErrors: [ControlError.Code] = [
        .unknownSession, .notSupported, .notConnected, .commandFailed,
    ]

    static let session: [ControlMethod] = [
        .init(
            "session.sendEvent", .change, "A raw event to the peer.", isLarge: true, ofSession,
            .required("event", .freeObject, "The peer's protocol."),
            answers: .commandDone, refuses: commandErrors),
        .init(
            "session.sendMessage", .change, "A user message.", isLarge: true, ofSession,
            .required("message", .either(.string, .freeObject), "Text, or a message with parts."),
            .optional("otherEventData", .freeObject, "Merged into the event."),
            .optional("triggerResponse", .boolean, "Ask for a response; true if left out."),
            answers: .commandDone, refuses: commandErrors),
        .init(
            "session.addImage", .change, "An image for the conversation.", isLarge: true, ofSession,
            .required("image", .string, "URL or data URL."),
            .optional("triggerResponse", .boolean, "Ask for a response; true if left out."),
            answers: .commandDone, refuses: commandErrors),
        .init(
            "session.requestResponse", .change, "Asks for a response.", ofSession,
            .optional("response", .freeObject, "What to override for this one."),
            answers: .commandDone, refuses: commandErrors),
        .init(
            "session.sendAudio", .change, "A short clip in the format of the uplink.",
            isLarge: true,
            ofSession, .required("audio", .string, "Base64."),
            .optional("commit", .boolean, "End the user's turn with it."),
            answers: .commandDone, refuses: commandErrors),
        .init(
            "session.updateSessionConfig", .change, "Changes the session config.", ofSession,
            .required("config", .freeObject, "The part that changes."),
            answers: .commandDone, refuses: commandErrors),
        .init(
            "session.sendFunctionCallOutput", .change, "The result of a function call.",
            isLarge: true, ofSession, .required("callId", .string, "Of the function_call event."),
            .required("output", .string, "What the function gave."),
            .optional("startResponse", .boolean, "Ask for a response; true if left out."),
            answers: .commandDone, refuses: commandErrors),
        .init(
            "session.sendMcpResponse", .change, "Answers an approval request.", ofSession,
            .required("approvalRequestId", .string, "Of the mcp_approval_request event."),
            .required("approved", .boolean, "The answer."),
            .optional("reason", .string, "Why."), answers: .commandDone, refuses: commandErrors),
        .init(
            "session.resetHistory", .change, "Makes the peer's conversation this one.",
            isLarge: true, ofSession, .required("history", .array(.freeObject), "The items."),
            answers: .commandDone, refuses: commandErrors),
        .init(
            "session.interrupt", .change, "Stops what the peer says.", ofSession,
            answers: .nothing, refuses: [.unknownSession]),
        .init(
            "session.mute", .change, "Mutes a direction; an input mute is complete when answered.",
            ofSession, .required("muted", .boolean, "Whether it is to be silent."),
            .optional("direction", .choice(["input", "output"]), "input if left out."),
            answers: .muteReport, refuses: [.unknownSession]),
        .init(
            "session.setLocal", .change, "Other devices, without dropping the session.", ofSession,
            .required("local", .object(local), "The new local leg."),
            answers: .localLeg, refuses: [.unknownSession, .notSupported]),
        .init(
            "session.pushToTalk", .change,
            "Pressed: interrupt and clear. Released: commit and respond.",
            ofSession, .required("pressed", .boolean, "The key."),
            answers: .commandDone, refuses: commandErrors),
        .init(
            "session.sendDtmf", .change, "Telephone digits.", ofSession,
            .required("digits", .string, "0-9, *, #, A-D."),
            answers: .commandDone, refuses: commandErrors),
        .init(
            "session.provideSecret", .change, "Answers secret_needed.", ofSession,
            .required("name", .string, "Of the event."),
            .required("value", .string, "The secret; never shown again."),
            answers: .nothing, refuses: [.unknownSession]),
    ]
}
