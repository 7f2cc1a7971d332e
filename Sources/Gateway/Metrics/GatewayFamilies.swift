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

    static let unreadAudio = MetricFamily(
        .gauge, "transport_host_audio_queue", .bytes, labels: ["transport"],
        "Frames of sound that hosts have not read yet, with the kernel's own share.")

    static let all = [available, hosts, starts, deaths, waiting, unreadAudio]
}
