/// The keys of `[[session]]`; `options` and `sessionConfig` are free tables beside them.
extension SessionSettings {
    static let table: [Setting<SessionSettings>] = [
        Setting("name", \.name, .sessionName, .live, "Unique; works wherever a session id does."),
        Setting(
            "transport", \.transport, .transportID, .nextSession,
            "Id of the transport, as `parleyctl transports` lists it."),
        Setting(
            "autostart", \.autostart, .bool, .live, "Whether the session starts with the daemon."),
        Setting(
            "local.kind", \.local.kind, .choice, .nextSession,
            "`devices`: microphone and speaker; `stream`: a program on audio.sock."),
        Setting(
            "local.source", \.local.source, .devices, .nextSession,
            "Devices: instead of `audio.source`."),
        Setting(
            "local.sink", \.local.sink, .devices, .nextSession,
            "Devices: instead of `audio.sink`."),
        Setting(
            "local.echoCancellation", \.local.echoCancellation,
            .choice, .nextSession,
            "Devices: instead of `audio.echoCancellation`."),
        Setting(
            "local.gate", \.local.gate, .bool, .nextSession,
            "Devices: instead of `audio.gate`."),
        Setting(
            "local.format", \.local.format, .choice, .nextSession,
            "Streams: how samples are written."),
        Setting(
            "local.rate", \.local.rate, .rate, .nextSession,
            "Streams: samples a second; not set, that of the transport."),
        Setting(
            "reconnect.initial", \.reconnect.initial, .duration("50ms", "1h"), .nextSession,
            "Instead of `reconnect.initial` outside."),
        Setting(
            "reconnect.maximum", \.reconnect.maximum, .duration("50ms", "1h"), .nextSession,
            "Instead of `reconnect.maximum` outside."),
        Setting(
            "reconnect.attempts", \.reconnect.attempts, .integer(0...1_000_000), .nextSession,
            "Instead of `reconnect.attempts` outside."),
    ]
}
