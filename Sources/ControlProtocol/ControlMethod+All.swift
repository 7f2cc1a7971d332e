import JSON

extension ControlMethod {
    /// Every method: the one table that says who may call what with which parameters.
    public static let all: [ControlMethod] =
        gateway + devices + transports + sessions + session + events

    private static let session_ = Parameter.required(
        "session", .string, "The session's id or name.")

    private static let gateway: [ControlMethod] = [
        .init("gateway.info", .read, "Product, version, protocol, the caller's role, limits."),
        .init("gateway.status", .read, "Sound server, sessions, transports, health with reasons."),
        .init("gateway.metrics", .read, "Counters and gauges."),
        .init("gateway.reload", .change, "Reads the config again; tells what needs a restart."),
        .init("rpc.discover", .read, "This document."),
    ]

    private static let device = Parameter.required(
        "device", .string, "Name of a source or sink, as devices.list shows it.")

    private static let devices: [ControlMethod] = [
        .init("devices.list", .read, "Sources and sinks."),
        .init(
            "devices.setVolume", .change, "Sets the volume of a device.", device,
            .required("volume", .number(0...1.5), "Linear as PulseAudio shows it; 1 is 100 %.")),
        .init(
            "devices.setMute", .change, "Mutes or unmutes a device.", device,
            .required("muted", .boolean, "Whether it is to be silent.")),
    ]

    private static let transports: [ControlMethod] = [
        .init("transports.list", .read, "Transports, and files that were refused, by path."),
        .init(
            "transports.describe", .read, "One transport with the schema of its options.",
            .required("transport", .string, "Id of the transport.")),
    ]

    /// The near side of a session.
    public static let local: [Parameter] = [
        .required("kind", .choice(["devices", "stream"]), "What the local leg is."),
        .optional("source", .either(.string, .array(.string)), "Microphones, best first."),
        .optional("sink", .either(.string, .array(.string)), "Loudspeakers, best first."),
        .optional("echoCancellation", .choice(["auto", "on", "off"]), "Echo cancellation."),
        .optional("gate", .boolean, "Hold the microphone off while the loudspeaker plays."),
        .optional("format", .choice(["pcm_s16le"]), "Format of a stream leg."),
        .optional(
            "rate", .integer(8_000...48_000), "Hertz of a stream leg: 8000, 16000, 24000, 48000."),
    ]

    private static let sessions: [ControlMethod] = [
        .init(
            "sessions.create", .change, "Joins a local leg to a transport.", isLarge: true,
            .required("transport", .string, "Id of the transport."),
            .optional("name", .string, "Unique; works wherever an id does."),
            .optional("local", .object(local), "The local leg; the default devices if left out."),
            .optional("options", .freeObject, "For the plugin; see transports.describe."),
            .optional("sessionConfig", .freeObject, "The realtime session config."),
            .optional(
                "reconnect",
                .either(
                    .boolean,
                    .object([
                        .optional("initialMs", .integer(1...60_000), "First delay."),
                        .optional("maximumMs", .integer(1...3_600_000), "Longest delay."),
                        .optional("attempts", .integer(0...1_000_000), "Tries; 0 for no limit."),
                    ])), "Whether and how to connect again."),
            .optional(
                "wait", .boolean, "Answer when connected, or with the error and no session left.")),
        .init("sessions.list", .read, "All sessions."),
        .init(
            "sessions.get", .read, "One session, with a page of its history.", session_,
            .optional("after", .string, "Id of the item before the page."),
            .optional("limit", .integer(0...1_000), "Items in the page; 100 if left out.")),
        .init("sessions.close", .change, "Ends a session.", session_),
        .init(
            "sessions.restart", .change, "Connects anew, on the plugin's newest version.", session_),
    ]

    private static let session: [ControlMethod] = [
        .init(
            "session.sendEvent", .change, "A raw event to the peer.", isLarge: true, session_,
            .required("event", .freeObject, "The peer's protocol.")),
        .init(
            "session.sendMessage", .change, "A user message.", isLarge: true, session_,
            .required("message", .either(.string, .freeObject), "Text, or a message with parts."),
            .optional("otherEventData", .freeObject, "Merged into the event."),
            .optional("triggerResponse", .boolean, "Ask for a response; true if left out.")),
        .init(
            "session.addImage", .change, "An image for the conversation.", isLarge: true, session_,
            .required("image", .string, "URL or data URL."),
            .optional("triggerResponse", .boolean, "Ask for a response; true if left out.")),
        .init(
            "session.requestResponse", .change, "Asks for a response.", session_,
            .optional("response", .freeObject, "What to override for this one.")),
        .init(
            "session.sendAudio", .change, "A short clip in the format of the uplink.",
            isLarge: true,
            session_, .required("audio", .string, "Base64."),
            .optional("commit", .boolean, "End the user's turn with it.")),
        .init(
            "session.updateSessionConfig", .change, "Changes the session config.", session_,
            .required("config", .freeObject, "The part that changes.")),
        .init(
            "session.sendFunctionCallOutput", .change, "The result of a function call.",
            isLarge: true, session_, .required("callId", .string, "Of the function_call event."),
            .required("output", .string, "What the function gave."),
            .optional("startResponse", .boolean, "Ask for a response; true if left out.")),
        .init(
            "session.sendMcpResponse", .change, "Answers an approval request.", session_,
            .required("approvalRequestId", .string, "Of the mcp_approval_request event."),
            .required("approved", .boolean, "The answer."),
            .optional("reason", .string, "Why.")),
        .init(
            "session.resetHistory", .change, "Makes the peer's conversation this one.",
            isLarge: true, session_, .required("history", .array(.freeObject), "The items.")),
        .init("session.interrupt", .change, "Stops what the peer says.", session_),
        .init(
            "session.mute", .change, "Mutes a direction; an input mute is complete when answered.",
            session_, .required("muted", .boolean, "Whether it is to be silent."),
            .optional("direction", .choice(["input", "output"]), "input if left out.")),
        .init(
            "session.setLocal", .change, "Other devices, without dropping the session.", session_,
            .required("local", .object(local), "The new local leg.")),
        .init(
            "session.pushToTalk", .change,
            "Pressed: interrupt and clear. Released: commit and respond.",
            session_, .required("pressed", .boolean, "The key.")),
        .init(
            "session.sendDtmf", .change, "Telephone digits.", session_,
            .required("digits", .string, "0-9, *, #, A-D.")),
        .init(
            "session.provideSecret", .change, "Answers secret_needed.", session_,
            .required("name", .string, "Of the event."),
            .required("value", .string, "The secret; never shown again.")),
    ]

    private static let events: [ControlMethod] = [
        .init(
            "events.subscribe", .read, "Begins notifications; answers a snapshot.",
            .optional(
                "types", .array(.choice(EventType.allCases.map(\.rawValue))),
                "Which events; all but levels if left out."),
            .optional("sessions", .array(.string), "Of which sessions, by id or name."),
            .optional("rawAudio", .boolean, "Leave audio payload in raw events.")),
        .init("events.unsubscribe", .read, "Ends notifications."),
    ]
}
