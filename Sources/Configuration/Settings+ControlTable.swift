extension Settings {
    static let controlTable: [Setting<Settings>] =
        limits + socket("controlSocket", \.control.control, "control.sock")
        + socket("monitorSocket", \.control.monitor, "monitor.sock")
        + socket("audioSocket", \.control.audio, "audio.sock")

    private static func socket(
        _ name: String, _ member: WritableKeyPath<Settings, SocketSettings> & Sendable,
        _ file: String
    ) -> [Setting<Settings>] {
        [
            Setting(
                "control.\(name).group", member.appending(path: \.group), .principal.optional,
                .restart, "Group that \(file) belongs to, by name or number."),
            Setting(
                "control.\(name).users", member.appending(path: \.users), .principals, .live,
                "Users who may use \(file), beside root and the daemon's own. With `users` and "
                    + "`groups` empty, the file's mode alone decides."),
            Setting(
                "control.\(name).groups", member.appending(path: \.groups), .principals, .live,
                "Groups whose members may use \(file)."),
        ]
    }

    private static let limits: [Setting<Settings>] = [
        Setting(
            "control.lineSize", \.control.lineSize, .size("4KiB", "16MiB"), .live,
            "Longest request."),
        Setting(
            "control.largeLineSize", \.control.largeLineSize, .size("4KiB", "64MiB"), .live,
            "Longest request that carries an image, an event or a clip."),
        Setting(
            "control.nesting", \.control.nesting, .integer(8...512), .live,
            "Depth of nested JSON."),
        Setting(
            "control.requestsInFlight", \.control.requestsInFlight, .integer(1...1_024), .live,
            "Requests of one client that wait for their answer."),
        Setting(
            "control.requestBurst", \.control.requestBurst, .integer(1...100_000), .live,
            "Requests of one client at once, after a rest."),
        Setting(
            "control.requestsPerSecond", \.control.requestsPerSecond, .integer(1...100_000), .live,
            "Requests of one client a second, in the long run."),
        Setting(
            "control.clients", \.control.clients, .integer(3...4_096), .live,
            "Clients of control.sock and monitor.sock together."),
        Setting(
            "control.clientsPerUser", \.control.clientsPerUser, .integer(1...4_096), .live,
            "Of these, clients of one user."),
        Setting(
            "control.reservedClients", \.control.reservedClients, .integer(0...64), .live,
            "Of these, places kept for root and the daemon's own user."),
        Setting(
            "control.firstRequestTimeout", \.control.firstRequestTimeout,
            .duration("100ms", "1h"), .live, "Time that a new client has for its first request."),
        Setting(
            "control.outgoingBuffer", \.control.outgoingBuffer, .size("16KiB", "64MiB"), .live,
            "What may wait for one client; one that needs more is cut."),
        Setting(
            "control.slowReaderSize", \.control.slowReaderSize, .size("4KiB", "64MiB"), .live,
            "A client with more than this waiting for `slowReaderTime` is cut."),
        Setting(
            "control.slowReaderTime", \.control.slowReaderTime, .duration("100ms", "1h"), .live,
            "See `slowReaderSize`."),
        Setting(
            "control.eventSize", \.control.eventSize, .size("1KiB", "16MiB"), .live,
            "Longer raw events of the peer come as their type and size."),
    ]
}
