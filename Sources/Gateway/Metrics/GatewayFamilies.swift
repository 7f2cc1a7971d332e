import Metrics

/// What is told of the daemon as a whole.
enum GatewayFamilies {
    static let build = MetricFamily(.info, "build", labels: ["version"], "What runs.")
    static let started = MetricFamily(
        .gauge, "start_time", .seconds, "When it started, since 1970.")
    static let healthy = MetricFamily(
        .gauge, "healthy", "1 while gateway.status gives no reason to look.")
    static let problems = MetricFamily(
        .gauge, "health_problems", "Reasons to look that gateway.status gives.")
    static let realTime = MetricFamily(
        .gauge, "real_time", "1 when the audio threads have real-time priority.")
    static let sessions = MetricFamily(
        .gauge, "sessions", labels: ["state"], "Sessions by state.")
    static let sessionsCreated = MetricFamily(
        .counter, "sessions_created", "Sessions there were.")
    static let sessionsClosed = MetricFamily(
        .counter, "sessions_closed", "Sessions that are over.")
    static let packetsLost = MetricFamily(
        .gauge, "packets_lost",
        "Of all sessions there were: packets that never came; falls when one comes after its turn.")
    static let engineBacklog = MetricFamily(
        .gauge, "engine_backlog_commands", "Commands that wait for room on the way to the engine.")
    static let faults = MetricFamily(
        .counter, "metrics_faults", "Figures left out because they broke a rule: report them.")

    static let all =
        [
            build, started, healthy, problems, realTime, sessions, sessionsCreated, sessionsClosed,
            packetsLost, engineBacklog, faults,
        ] + SessionCounters.all.map(\.inAll)
}

/// Of the sound server.
enum SoundServerFamilies {
    static let connected = MetricFamily(
        .gauge, "sound_server_connected", "1 while the sound server is connected.")
    static let outages = MetricFamily(
        .counter, "sound_server_outages", "Times that the sound server went away.")
    static let hangs = MetricFamily(
        .counter, "sound_server_hangs", "Outages in which it was there and did not answer.")
    static let outage = MetricFamily(
        .counter, "sound_server_outage", .seconds, "Time without it, of outages that ended.")
    static let attempts = MetricFamily(
        .counter, "sound_server_attempts", "Times that a connection was tried.")

    static let all = [connected, outages, hangs, outage, attempts]
}

/// Of devices that sessions use; `direction` is capture or playback. Counters begin again when the last
/// session lets go of a device.
enum DeviceFamilies {
    private static let labels = ["device", "direction"]
    static let running = MetricFamily(
        .gauge, "device_running", labels: labels, "1 while sound flows.")
    static let outages = MetricFamily(
        .counter, "device_outages", labels: labels, "Running streams that were lost.")
    static let outage = MetricFamily(
        .counter, "device_outage", .seconds, labels: labels, "Time without a stream.")
    static let rebuilds = MetricFamily(
        .counter, "device_rebuilds", labels: labels, "Streams made after the first.")
    static let stalls = MetricFamily(
        .counter, "device_stalls", labels: labels, "Streams that stopped without an error.")
    static let underruns = MetricFamily(
        .counter, "device_underruns", labels: labels, "Times that a loudspeaker ran dry.")
    static let overruns = MetricFamily(
        .counter, "device_overrun", .samples, labels: labels,
        "Samples of a microphone that nobody took.")
    static let moves = MetricFamily(
        .counter, "device_moves", labels: labels, "Times that another program moved the stream.")
    static let corks = MetricFamily(
        .counter, "device_cork_requests", labels: labels,
        "Times that another program asked for a pause.")
    static let buffer = MetricFamily(
        .gauge, "device_buffer", .seconds, labels: labels, "Sound in the server's buffer.")
    static let latency = MetricFamily(
        .gauge, "device_latency", .seconds, labels: labels,
        "Between Parley and the device, at the last measurement.")

    static let all = [
        running, outages, outage, rebuilds, stalls, underruns, overruns, moves, corks, buffer,
        latency,
    ]
}

/// Of transports and their hosts.
enum TransportFamilies {
    static let available = MetricFamily(
        .gauge, "transport_available", labels: ["transport"],
        "1 while sessions may use it, 0 after it failed too often.")
    static let hosts = MetricFamily(
        .gauge, "transport_hosts", labels: ["transport"], "Host processes that run.")
    static let starts = MetricFamily(
        .counter, "transport_host_starts", labels: ["transport"],
        "Host processes started for sessions.")
    static let deaths = MetricFamily(
        .counter, "transport_host_deaths", labels: ["transport", "cause"],
        "Host processes that ended while they were needed: crashed, hung, violation, refused, "
            + "not_started.")
    static let waiting = MetricFamily(
        .gauge, "transport_host_queue", .bytes, labels: ["transport"],
        "Messages that hosts have not read yet.")

    static let all = [available, hosts, starts, deaths, waiting]
}
