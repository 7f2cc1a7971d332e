/// `sessions.*`: sessions come and go.
extension ControlMethod {
    /// The near side of a session.
    public static let local: [Member] = [
        .required("kind", .choice(["devices", "stream"]), "What the local leg is."),
        .optional("source", .either(.string, .array(.string)), "Microphones, best first."),
        .optional("sink", .either(.string, .array(.string)), "Loudspeakers, best first."),
        .optional("echoCancellation", .choice(["auto", "on", "off"]), "Echo cancellation."),
        .optional("gate", .boolean, "Hold the microphone off while the loudspeaker plays."),
        .optional("format", .choice(["pcm_s16le"]), "Format of a stream leg."),
        .optional(
            "rate", .integer(8_000...48_000), "Hertz of a stream leg: 8000, 16000, 24000, 48000."),
    ]

    static let sessions: [ControlMethod] = [
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
                "wait", .boolean, "Answer when connected, or with the error and no session left."),
            answers: .sessionReference,
            refuses: [
                .unknownTransport, .transportRefused, .invalidConfig, .invalidOptions,
                .notSupported, .nameTaken, .connectFailed,
            ]),
        .init("sessions.list", .read, "All sessions.", answers: .sessionList),
        .init(
            "sessions.get", .read, "One session, with a page of its history.", ofSession,
            .optional("after", .string, "Id of the item before the page."),
            .optional("limit", .integer(0...1_000), "Items in the page; 100 if left out."),
            answers: .sessionPage, refuses: [.unknownSession]),
        .init(
            "sessions.close", .change, "Ends a session.", ofSession,
            answers: .sessionReference, refuses: [.unknownSession]),
        .init(
            "sessions.restart", .change, "Connects anew, on the plugin's newest version.",
            ofSession,
            answers: .sessionReference, refuses: [.unknownSession, .notConnected]),
    ]
}
