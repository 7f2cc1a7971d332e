/// What `devices.*` answers.
extension ValueType {
    static let device = ValueType.named(
        "Device",
        .object([
            .required("name", .string, "Stable; unique among its kind."),
            .required("kind", .choice(["source", "sink"]), "Microphone or loudspeaker."),
            .required("description", .string, "For people."),
            .required("default", .boolean, "Whether it is the sound server's default."),
            .required(
                "state", .choice(["running", "idle", "suspended", "unknown"]), "What it does."),
            .required("rate", .count, "Hertz."),
            .required("channels", .count, "How many."),
            .required("volume", .number(0 ... .infinity), "Linear as PulseAudio shows it."),
            .required("muted", .boolean, "Whether it is silent."),
            .required("monitor", .boolean, "Whether it records what a loudspeaker plays."),
            .optional(
                "bluetoothProfile", .string,
                "Of a Bluetooth device: what it is used as, as the sound server calls it."),
        ]))

    static let deviceList = ValueType.object([
        .required("soundServer", soundServer, "The sound server."),
        .required("sources", .array(device), "Microphones."),
        .required("sinks", .array(device), "Loudspeakers."),
    ])
}
