import Metrics

/// What is told of each session beside its ``SessionCounters``.
enum SessionFamilies {
    static let info = MetricFamily(
        .info, "session", labels: ["session", "transport", "local", "parent"],
        "What the session joins.")
    static let connected = MetricFamily(
        .gauge, "session_connected", labels: ["session"], "1 while the peer is connected.")
    static let attempt = MetricFamily(
        .gauge, "session_attempt", labels: ["session"], "Which try to connect this is.")
    static let age = MetricFamily(
        .gauge, "session_age", .seconds, labels: ["session"], "Time since it was made.")
    static let latency = MetricFamily(
        .gauge, "session_latency", .seconds, labels: ["session", "stage"],
        "Where the time goes: capture, frame, uplink, queue, playback (docs/DataFlow.md).")
    static let packetsLost = MetricFamily(
        .gauge, "session_packets_lost", labels: ["session"],
        "Packets that never came; falls when one comes after its turn.")
    static let jitter = MetricFamily(
        .gauge, "session_jitter", .seconds, labels: ["session"],
        "Interarrival jitter of the jitter buffer (RFC 3550).")
    static let targetDelay = MetricFamily(
        .gauge, "session_jitter_buffer_target_delay", .seconds, labels: ["session"],
        "What the jitter buffer aims at.")
    static let skew = MetricFamily(
        .gauge, "session_clock_skew", .ppm, labels: ["session"],
        "How much faster the sender's clock runs than the one that plays its packets; not told until that is "
            + "known.")
    static let level = MetricFamily(
        .gauge, "session_audio_level", .ratio, labels: ["session", "direction"],
        "Loudness (RMS), 1 is full scale: input to the peer, output from it.")
    static let muted = MetricFamily(
        .gauge, "session_muted", labels: ["session", "direction"], "1 while muted.")
    static let programs = MetricFamily(
        .gauge, "session_programs", labels: ["session"], "Programs on the audio socket.")
    static let programQueue = MetricFamily(
        .gauge, "session_program_queue", .bytes, labels: ["session"],
        "What the program furthest behind has not read yet, with the kernel's own share.")

    private static let legLabels = ["session", "direction"]
    static let deviceRunning = MetricFamily(
        .gauge, "session_device_running", labels: legLabels,
        "1 while the session's device carries sound, 0 also while it has none.")
    static let deviceOutages = MetricFamily(
        .counter, "session_device_outages", labels: legLabels,
        "Times that the session lost a device that carried sound.")
    static let deviceOutage = MetricFamily(
        .counter, "session_device_outage", .seconds, labels: legLabels,
        "Time without a device, from its loss to the next one.")
    static let deviceUnderruns = MetricFamily(
        .counter, "session_device_underruns", labels: legLabels,
        "Times that the session's loudspeaker ran dry.")
    static let deviceOverruns = MetricFamily(
        .counter, "session_device_overrun", .samples, labels: legLabels,
        "Samples of the session's microphone that nobody took.")

    static let all =
        [
            info, connected, attempt, age, latency, packetsLost, jitter, targetDelay, skew, level,
            muted, programs, programQueue, deviceRunning, deviceOutages, deviceOutage,
            deviceUnderruns, deviceOverruns,
        ] + SessionCounters.all.map(\.perSession) + PeerStatistic.all.map(\.family)
}
