/// What `transports.*` answers.
extension ValueType {
    private static let formats = ValueType.array(
        .object([
            .required("format", .string, "Codec."), .required("rate", .count, "Hertz."),
        ]))

    private static let entryMembers: [Member] = [
        .required("path", .string, "The plugin's file."),
        .required(
            "state", .choice(["available", "unknown", "shadowed", "refused", "failed"]),
            "Whether it can be used."),
        .required("hosts", .count, "Processes that run it."),
        .optional("reason", .string, "Why it can't be used."),
        .optional("trusted", .boolean, "Whether its owner was not looked at."),
        .optional("transport", .string, "Its id, as far as the file has told."),
        .optional("name", .string, "For people."),
        .optional("version", .string, "Of the plugin."),
        .optional("vendor", .string, "Who made it."),
        .optional("description", .string, "For people."),
        .optional(
            "abi",
            .object([
                .required("major", .count, "Must be the daemon's."),
                .required("minor", .count, "What it was built for."),
            ]), "Version of the plugin interface."),
        .optional("maxSessionS", .count, "Seconds after which its peer ends a session."),
        .optional("capabilities", .array(.string), "What it can do."),
        .optional("formatsIn", formats, "To the peer, best first."),
        .optional("formatsOut", formats, "From the peer, best first."),
    ]

    static let transportEntry = ValueType.named("TransportEntry", .object(entryMembers))

    static let transportDescription = ValueType.object(
        entryMembers + [.optional("options", .freeObject, "JSON Schema of its options.")])

    static let transportList = ValueType.object([
        .required("transports", .array(transportEntry), "One entry for each file.")
    ])
}
