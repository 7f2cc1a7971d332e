/// `events.*`
extension ControlMethod {
    static let events: [ControlMethod] = [
        .init(
            "events.subscribe", .read, "Begins notifications; answers a snapshot.",
            .optional(
                "types", .array(.choice(EventType.allCases.map(\.rawValue))),
                "Which events; all but levels if left out."),
            .optional("sessions", .array(.string), "Of which sessions, by id or name."),
            .optional("rawAudio", .boolean, "Leave audio payload in raw events."),
            answers: .subscription, refuses: [.unknownSession]),
        .init("events.unsubscribe", .read, "Ends notifications.", answers: .nothing),
    ]
}
