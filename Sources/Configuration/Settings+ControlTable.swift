import ControlProtocol

extension Settings {
    static let controlTable: [Setting<Settings>] =
        limits
        + socket(
            "control", \.control.control.group, \.control.control.users,
            \.control.control.groups)
        + socket(
            "monitor", \.control.monitor.group, \.control.monitor.users,
            \.control.monitor.groups)
        + socket("audio", \.control.audio.group, \.control.audio.users, \.control.audio.groups)
        + socket(
            "metrics", \.control.metrics.group, \.control.metrics.users,
            \.control.metrics.groups)

    private static func socket(
        _ name: String, _ group: any WritableKeyPath<Settings, String?> & Sendable,
        _ users: any WritableKeyPath<Settings, [String]> & Sendable,
        _ groups: any WritableKeyPath<Settings, [String]> & Sendable
    ) -> [Setting<Settings>] {
        [
            Setting(
                "control.\(name)Socket.group", group, .principal, .restart,
                "Group that \(name).sock belongs to, by name or number."),
            Setting(
                "control.\(name)Socket.users", users, .principals, .live,
                "Users who may use \(name).sock, beside root and the daemon's own. With `users` "
                    + "and `groups` empty, the file's mode alone decides."),
            Setting(
                "control.\(name)Socket.groups", groups, .principals, .live,
                "Groups whose members may use \(name).sock."),
        ]
    }

    private static let limits: [Setting<Settings>] = [
        Setting(
            "control.lineSize", \.control.limits.lineSize, .size("4KiB", "16MiB"), .live,
            "Longest request."),
        Setting(
            "control.largeLineSize", \.control.limits.largeLineSize, .size("4KiB", "64MiB"), .live,
            "Longest request that carries an image, an event or a clip."),
        Setting(
            "control.nesting", \.control.limits.nesting, .integer(8...512), .live,
            "Depth of nested JSON."),
        Setting(
            "control.requestsInFlight", \.control.limits.requestsInFlight, .integer(1...1_024),
            .live,
            "Requests of one client that wait for their answer."),
        Setting(
            "control.requestBurst", \.control.limits.requestBurst, .integer(1...100_000), .live,
            "Requests of one client at once, after a rest."),
        Setting(
            "control.requestsPerSecond", \.control.limits.requestsPerSecond, .integer(1...100_000),
            .live,
            "Requests of one client a second, in the long run."),
        Setting(
            "control.clients", \.control.limits.clients, .integer(3...4_096), .live,
            "Clients of control.sock and monitor.sock together."),
        Setting(
            "control.clientsPerUser", \.control.limits.clientsPerUser, .integer(1...4_096), .live,
            "Of these, clients of one user."),
        Setting(
            "control.reservedClients", \.control.limits.reservedClients, .integer(0...64), .live,
            "Of these, places kept for root and the daemon's own user."),
        Setting(
            "control.firstRequestTimeout", \.control.limits.firstRequestTimeout,
            .duration("100ms", "1h"), .live, "Time that a new client has for its first request."),
        Setting(
            "control.outgoingBuffer", \.control.limits.outgoingBuffer, .size("16KiB", "64MiB"),
            .live,
            "What may wait for one client; one that needs more is cut."),
        Setting(
            "control.slowReaderSize", \.control.limits.slowReaderSize, .size("4KiB", "64MiB"),
            .live,
            "A client with more than this waiting for `slowReaderTime` is cut."),
        Setting(
            "control.slowReaderTime", \.control.limits.slowReaderTime, .duration("100ms", "1h"),
            .live,
            "See `slowReaderSize`."),
        Setting(
            "control.eventSize", \.control.limits.eventSize, .size("1KiB", "16MiB"), .live,
            "Longer raw events of the peer come as their type and size."),
    ]
}
