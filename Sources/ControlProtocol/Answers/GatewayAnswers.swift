/// What `gateway.*` and `rpc.discover` answer.
extension ValueType {
    static let gatewayInfo = ValueType.object([
        .required("product", .choice(["parley"]), "What answers."),
        .required("version", .string, "Of the daemon."),
        .required(
            "protocol",
            .object([
                .required("major", .count, "Changes when a client may break."),
                .required("minor", .count, "Changes when something is added."),
            ]), "Version of this protocol."),
        .required("role", .choice(Role.allCases.map(\.rawValue)), "What this socket may do."),
        .required(
            "limits",
            .object([
                .required("lineSize", .count, "Bytes of a line."),
                .required("largeLineSize", .count, "Bytes of a line that carries data."),
                .required("nesting", .count, "Depth of JSON."),
                .required("requestsInFlight", .count, "Of one client."),
                .required("requestsPerSecond", .count, "Of one client, in the long run."),
                .required("clients", .count, "Of all users."),
                .required("sessions", .count, "At a time."),
            ]), "How much a client may take."),
    ])

    static let soundServer = ValueType.named(
        "SoundServer",
        .object([
            .required(
                "state", .choice(["stopped", "away", "connecting", "connected", "refused"]),
                "Whether it is there."),
            .required("summary", .string, "The state as a sentence."),
            .required("socket", .string, "The socket in use; empty when none is."),
            .required("tried", .array(.string), "Where it was looked for."),
            .required("origin", .string, "What named the socket."),
            .required("server", .string, "Name of the server."),
            .required("version", .string, "Of the server."),
            .required("serverUser", .string, "As whom the server says it runs."),
            .required("uid", .count, "User id of parleyd."),
            .required("cookie", .string, "The cookie's file."),
            .required("cookieReadable", .boolean, "Whether parleyd can read it."),
            .required("outages", .count, "How often it went away."),
            .required("hangs", .count, "How often it did not answer."),
            .required("lastOutageMs", .real, "How long it was away last."),
            .required("totalOutageMs", .real, "How long it was away in all."),
        ]))

    static let gatewayStatus = ValueType.object([
        .required(
            "health",
            .object([
                .required("ok", .boolean, "Whether there is no reason to look."),
                .required("reasons", .array(.string), "What is wrong, a sentence each."),
            ]), "What an operator should know."),
        .required("uptimeS", .count, "Seconds since the start."),
        .required("realTime", .boolean, "Whether the audio threads have real-time priority."),
        .required("soundServer", soundServer, "The sound server."),
        .required("sessions", .array(sessionSummary), "All sessions."),
        .required("transports", .array(transportEntry), "As transports.list."),
        .required("clients", .count, "Of control.sock and monitor.sock."),
    ])

    private static let metricSample = ValueType.object([
        .required("name", .string, "The family's name with the suffix of its type."),
        .optional("labels", .map(.string), "What tells samples of a family apart."),
        .required("value", .optional(.real), "The figure; null when it is none."),
    ])

    static let gatewayMetrics = ValueType.object([
        .required(
            "families",
            .array(
                .named(
                    "MetricFamily",
                    .object([
                        .required("name", .string, "As in the OpenMetrics text."),
                        .required(
                            "type", .choice(["counter", "gauge", "info", "histogram"]),
                            "As OpenMetrics means it."),
                        .optional(
                            "unit", .choice(["seconds", "bytes", "ratio", "samples", "ppm"]),
                            "Of the values."),
                        .required("help", .string, "What it counts."),
                        .required("samples", .array(metricSample), "The figures."),
                    ]))), "The same as on metrics.sock; docs/Metrics.md lists them.")
    ])

    static let reloadReport = ValueType.object([
        .required("applied", .array(.string), "Keys that have come into force."),
        .required(
            "appliesToNewSessions", .array(.string), "Keys that count from the next session."),
        .required("needsRestart", .array(.string), "Keys that wait for a restart of parleyd."),
        .required("sessionsAdded", .array(.string), "By name."),
        .required("sessionsRemoved", .array(.string), "By name."),
        .required("sessionsChanged", .array(.string), "By name."),
    ])

    static let discovery = ValueType.openObject([
        .required("openrpc", .string, "Version of OpenRPC."),
        .required("methods", .array(.freeObject), "All methods."),
    ])
}
