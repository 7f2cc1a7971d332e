/// What `sessions.*` and `session.*` answer.
extension ValueType {
    static let sessionState = ValueType.choice([
        "connecting", "connected", "reconnecting", "disconnecting", "failed", "closed",
    ])

    /// What the plugin has to say about a command that it carried out; mostly nothing.
    static let commandDone = ValueType.freeObject
    static let nothing = ValueType.object([])

    static let sessionReference = ValueType.object([
        .required("session", .string, "Id."), .required("state", sessionState, "Its state now."),
    ])

    private static let deviceLeg = ValueType.named(
        "DeviceLeg",
        .object([
            .required("state", .choice(["away", "opening", "running", "suspended"]), "Its state."),
            .required("summary", .string, "The state as a sentence."),
            .optional("device", .string, "The device in use."),
            .required("outages", .count, "How often the stream broke."),
            .required("rebuilds", .count, "How often it was made anew."),
            .required("underruns", .count, "How often the server ran dry."),
            .required("overrunSamples", .count, "Samples that found no room."),
            .required("bufferMs", .real, "Sound in the server's buffer."),
            .required("latencyMs", .real, "Between the device and Parley."),
        ]))

    static let localLeg = ValueType.named(
        "LocalLeg", .either(deviceLegs, .either(streamLeg, listenerLeg)))

    private static let deviceLegs = ValueType.object([
        .required("kind", .choice(["devices"]), "Microphone and loudspeaker."),
        .required("echoCancellation", .choice(["on", "off"]), "Echo cancellation."),
        .required("gate", .boolean, "Whether the microphone is off while it speaks."),
        .required("source", deviceLeg, "Microphone."),
        .required("sink", deviceLeg, "Loudspeaker."),
    ])

    private static let streamLeg = ValueType.object([
        .required("kind", .choice(["stream"]), "Programs on audio.sock."),
        .required("format", .choice(["pcm_s16le"]), "Of the samples."),
        .required("rate", .count, "Hertz."),
        .required("programs", .count, "How many are connected."),
        .required("hasWriter", .boolean, "Whether one of them may write."),
    ])

    private static let listenerLeg = ValueType.object([
        .required("kind", .choice(["devices", "stream"]), "What each caller gets."),
        .required("listens", .boolean, "True: this session waits for callers."),
    ])

    static let mutes = ValueType.object([
        .required("input", .boolean, "The microphone."),
        .required("output", .boolean, "The speech of the peer."),
    ])

    static let muteReport = ValueType.object([.required("muted", mutes, "What is silent now.")])

    private static let summaryMembers: [Member] = [
        .required("session", .string, "Id."),
        .required("state", sessionState, "Its state."),
        .required("transport", .string, "Id of the transport."),
        .required("local", localLeg, "The near side."),
        .required("muted", mutes, "What is silent."),
        .optional("name", .string, "Works wherever the id does."),
        .optional("parent", .string, "The listener that took the call."),
        .optional("reason", .string, "Why it was disconnected last."),
    ]

    static let sessionSummary = ValueType.named("Session", .object(summaryMembers))
    static let sessionDetails = ValueType.named(
        "SessionDetails", .object(summaryMembers + detailMembers))

    static let sessionList = ValueType.object([
        .required("sessions", .array(sessionSummary), "All of them.")
    ])

    static let sessionPage = ValueType.object(
        summaryMembers + detailMembers + [
            .optional("history", .array(item), "A page; not on monitor.sock."),
            .optional("hasMoreHistory", .boolean, "Whether items follow."),
            .optional("sessionConfig", .freeObject, "The realtime session config."),
            .optional("options", .freeObject, "For the plugin, without secrets."),
        ])

    // MARK: Details

    private static let detailMembers: [Member] = [
        .optional("transportVersion", .string, "Of the plugin that serves it."),
        .required("attempt", .count, "Which try to connect this is."),
        .required(
            "formats",
            .object([
                .required("toPeer", .optional(legFormat), "null until it is settled."),
                .required("fromPeer", .optional(legFormat), "null until it is settled."),
            ]), "Of the transport leg."),
        .required("levels", levels, "Loudness now."),
        .required("statistics", statistics, "Since the session began."),
        .required("latencyMs", latency, "Where the time goes."),
        .optional("peerStatistics", .freeObject, "What the plugin measures."),
    ]

    private static let legFormat = ValueType.object([
        .required("format", .string, "Codec."), .required("rate", .count, "Hertz."),
        .required("frameMs", .count, "Length of a frame."),
    ])

    private static let level = ValueType.object([
        .required("rmsDbfs", .real, "Mean."), .required("peakDbfs", .real, "Peak."),
    ])

    static let levels = ValueType.object([
        .required("input", level, "To the peer."), .required("output", level, "From the peer."),
    ])

    private static let statistics = ValueType.object([
        .required("framesSent", .count, "To the plugin."),
        .required("framesDropped", .count, "That the plugin had no room for."),
        .required("framesReceived", .count, "From the plugin."),
        .required("framesStale", .count, "Of a turn that was interrupted."),
        .required("framesRefused", .count, "That made no sense."),
        .required("dryEvents", .count, "How often speech ran dry."),
        .required("packetsLost", .count, "That never came."),
        .required("packetsDiscarded", .count, "That came too late."),
        .required("concealedSamples", .count, "Made up for packets that were missing."),
        .required("concealmentEvents", .count, "How often."),
        .required("fecPacketsReceived", .count, "Packets won back from the next one."),
        .required("jitter", .real, "Seconds (RFC 3550)."),
        .required("jitterBufferDelay", .real, "Seconds, summed over emitted samples."),
        .required("jitterBufferEmittedCount", .count, "Samples."),
    ])

    private static let latency = ValueType.object([
        .optional("capture", .real, "Microphone to Parley."),
        .required("frame", .count, "Gathering a frame."),
        .required("uplink", .real, "Inside Parley, to the plugin."),
        .required("queue", .real, "Speech that waits."),
        .required("playback", .real, "Parley to the loudspeaker."),
    ])

    // MARK: Items

    /// An item of the conversation. The peer's protocol may add members.
    static let item = ValueType.named(
        "Item",
        .openObject([
            .required("itemId", .string, "Unique in its session."),
            .optional("previousItemId", .string, "The item before it."),
            .optional(
                "type", .string,
                "message, function_call, mcp_call, mcp_approval_request, or the peer's own."),
            .optional("role", .string, "Of a message: user, assistant, system."),
            .optional("status", .string, "in_progress, completed, incomplete."),
            .optional("content", .array(.freeObject), "Parts of a message."),
        ]))
}
