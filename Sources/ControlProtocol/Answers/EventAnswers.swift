/// What `events.*` answers.
extension ValueType {
    static let subscription = ValueType.object([
        .required("sequence", .count, "Of the last event before the snapshot."),
        .required(
            "snapshot",
            .object([
                .required("sessions", .array(sessionSummary), "All sessions."),
                .required("soundServer", soundServer, "The sound server."),
            ]), "What events will be about; no history."),
    ])
}
