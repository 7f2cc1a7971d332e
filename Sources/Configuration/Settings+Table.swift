/// Every key outside `[transports]` and `[[session]]`.
extension Settings {
    static let table: [Setting<Settings>] =
        audioTable + opusTable + jitterTable + reconnectTable + controlTable + loggingTable
        + hostingTable

    private static let audioTable: [Setting<Settings>] = [
        Setting(
            "audio.source", \.audio.source, .devices, .live,
            "Microphones in order of preference: name, description or `property=value`, with `*` "
                + "and `?`; `default` is the sound server's. The first one present wins, and is "
                + "taken back when it returns."),
        Setting("audio.sink", \.audio.sink, .devices, .live, "Speakers, likewise."),
        Setting(
            "audio.echoCancellation", \.audio.echoCancellation, .choice, .nextSession,
            "Takes out of the microphone what the speaker plays."),
        Setting(
            "audio.gate", \.audio.gate, .bool, .nextSession,
            "Closes the microphone while the speaker plays: the plain way where echo can't be "
                + "cancelled. No barge-in then."),
        Setting(
            "audio.captureBuffer", \.audio.captureBuffer, .duration("1ms", "500ms"), .restart,
            "Sound that a microphone collects before it is handed over."),
        Setting(
            "audio.playbackBuffer", \.audio.playbackBuffer, .duration("1ms", "500ms"), .restart,
            "Sound that a speaker holds; grows by small steps when it runs dry."),
        Setting(
            "audio.captureVolume", \.audio.captureVolume, .number(0...1.5), .live,
            "Volume of the microphone; not set, it is left as it is."),
        Setting(
            "audio.playbackVolume", \.audio.playbackVolume, .number(0...1.5), .live,
            "Volume of the speaker; not set, it is left as it is."),
        Setting(
            "audio.server", \.audio.server, .soundServer, .restart,
            "The sound server's socket; not set, it is found as every PulseAudio client does."),
    ]

    private static let opusTable: [Setting<Settings>] = [
        Setting(
            "opus.application", \.opus.application, .choice, .nextSession,
            "What libopus tunes itself for."),
        Setting(
            "opus.bitrate", \.opus.bitrate, .integer(6_000...510_000), .nextSession,
            "Bit per second, until the network says otherwise."),
        Setting(
            "opus.complexity", \.opus.complexity, .integer(0...10), .nextSession,
            "Processor time for quality: 5 costs less than half of 9."),
        Setting(
            "opus.fec", \.opus.fec, .bool, .nextSession,
            "In-band error correction: each packet carries a rough copy of the one before."),
        Setting(
            "opus.expectedLossPercent", \.opus.expectedLossPercent, .integer(0...100),
            .nextSession, "Loss to prepare for, until the network says otherwise."),
        Setting("opus.dtx", \.opus.dtx, .bool, .nextSession, "Sends next to nothing in silence."),
        Setting(
            "opus.frame", \.opus.frame, .choice, .nextSession,
            "Length of a packet, unless the peer wants another."),
    ]

    private static let jitterTable: [Setting<Settings>] = [
        Setting(
            "jitter.target", \.jitter.target, .duration("0ms", "1s"), .nextSession,
            "Packet audio that is held back to wait for late packets.")
    ]

    static let reconnectTable: [Setting<Settings>] = [
        Setting(
            "reconnect.initial", \.reconnect.initial, .duration("50ms", "1h"), .nextSession,
            "Wait before the second attempt after a break; doubles each time."),
        Setting(
            "reconnect.maximum", \.reconnect.maximum, .duration("50ms", "1h"), .nextSession,
            "Longest wait between two attempts."),
        Setting(
            "reconnect.attempts", \.reconnect.attempts, .integer(0...1_000_000), .nextSession,
            "Attempts before the session fails; 0 for no end."),
    ]

    private static let loggingTable: [Setting<Settings>] = [
        Setting("logging.level", \.logging.level, .choice, .live, "The least that is logged."),
        Setting(
            "logging.transcripts", \.logging.transcripts, .bool, .live,
            "Whether the log may hold what people say."),
    ]

    private static let hostingTable: [Setting<Settings>] = [
        Setting(
            "hosting.directories", \.hosting.directories, .directories, .restart,
            "Directories of plugins, looked through after those of `--transport-directory` and "
                + "`PARLEY_TRANSPORT_PATH` and before the usual ones."),
        Setting(
            "hosting.trustedDirectories", \.hosting.trustedDirectories, .directories, .restart,
            "Directories whose plugins are loaded whoever owns them."),
    ]
}
