import MediaEngine
import Metrics
import Synchronization

/// What a session has counted since it was made; only grows. Those of sessions that are over add up in
/// the gateway, so that its sums only grow, too.
struct SessionCounters: Sendable {
    var framesSent = 0
    var framesDropped = 0
    var framesReceived = 0
    var framesStale = 0
    var framesRefused = 0
    var dryEvents = 0
    var packetsReceived = 0
    var packetsDiscarded = 0
    var packetsDuplicated = 0
    var fecPacketsReceived = 0
    var concealedSamples = 0
    var silentConcealedSamples = 0
    var concealmentEvents = 0
    var insertedSamples = 0
    var removedSamples = 0
    var resynchronisations = 0
    var emittedSamples = 0
    var programSamplesLost = 0
    var interruptions = 0
    var outages = 0
    // Sums of time.
    var jitterBufferDelayMs = 0
    var gateClosedUs = 0
    var outageMs = 0

    init() {}

    init(_ meters: SessionMeters) {
        framesSent = Int(clamping: meters.framesSent.load(ordering: .relaxed))
        framesDropped = meters.framesDropped.load(ordering: .relaxed)
        framesReceived = meters.framesReceived.load(ordering: .relaxed)
        framesStale = meters.framesStale.load(ordering: .relaxed)
        framesRefused = meters.framesRefused.load(ordering: .relaxed)
        dryEvents = meters.dryEvents.load(ordering: .relaxed)
        packetsReceived = meters.packetsReceived.load(ordering: .relaxed)
        packetsDiscarded = meters.packetsDiscarded.load(ordering: .relaxed)
        packetsDuplicated = meters.packetsDuplicated.load(ordering: .relaxed)
        fecPacketsReceived = meters.fecPacketsReceived.load(ordering: .relaxed)
        concealedSamples = meters.concealedSamples.load(ordering: .relaxed)
        silentConcealedSamples = meters.silentConcealedSamples.load(ordering: .relaxed)
        concealmentEvents = meters.concealmentEvents.load(ordering: .relaxed)
        insertedSamples = meters.insertedSamplesForDeceleration.load(ordering: .relaxed)
        removedSamples = meters.removedSamplesForAcceleration.load(ordering: .relaxed)
        resynchronisations = meters.resynchronisations.load(ordering: .relaxed)
        emittedSamples = meters.jitterBufferEmittedCount.load(ordering: .relaxed)
        programSamplesLost = meters.programSamplesLost.load(ordering: .relaxed)
        jitterBufferDelayMs = meters.jitterBufferDelayMs.load(ordering: .relaxed)
        gateClosedUs = meters.gateClosedUs.load(ordering: .relaxed)
    }

    mutating func add(_ other: SessionCounters) {
        for counter in Self.all { self[keyPath: counter.value] += other[keyPath: counter.value] }
    }
}

/// One of them as two families: of each session, and of all there were.
struct SessionCounter: Sendable {
    let value: any WritableKeyPath<SessionCounters, Int> & Sendable
    /// How many make one of the unit.
    let scale: Double
    let perSession: MetricFamily
    let inAll: MetricFamily

    fileprivate init(
        _ value: any WritableKeyPath<SessionCounters, Int> & Sendable, _ name: String,
        _ unit: MetricFamily.Unit, scale: Double = 1, _ help: String
    ) {
        self.value = value
        self.scale = scale
        perSession = MetricFamily(.counter, "session_\(name)", unit, labels: ["session"], help)
        inAll = MetricFamily(.counter, name, unit, "Of all sessions there were: \(help)")
    }

    fileprivate init(
        _ value: any WritableKeyPath<SessionCounters, Int> & Sendable, _ name: String,
        _ help: String
    ) {
        self.value = value
        scale = 1
        perSession = MetricFamily(.counter, "session_\(name)", labels: ["session"], help)
        inAll = MetricFamily(.counter, name, "Of all sessions there were: \(help)")
    }
}

extension SessionCounters {
    /// Names of W3C webrtc-stats where one exists.
    static let all: [SessionCounter] = [
        .init(\.framesSent, "frames_sent", "Frames of sound given to the plugin."),
        .init(\.framesDropped, "frames_dropped", "Frames that the plugin had no room for."),
        .init(\.framesReceived, "frames_received", "Frames of sound from the plugin."),
        .init(\.framesStale, "frames_stale", "Frames of a turn that was interrupted before."),
        .init(\.framesRefused, "frames_refused", "Frames of the plugin that broke a rule."),
        .init(\.dryEvents, "dry_events", "Times that speech ran dry within an item."),
        .init(\.packetsReceived, "packets_received", "Packets put into the jitter buffer."),
        .init(
            \.packetsDiscarded, "packets_discarded",
            "Packets that came too late or too early, or were left out to shorten the delay."),
        .init(\.packetsDuplicated, "packets_duplicated", "Packets that came twice."),
        .init(
            \.fecPacketsReceived, "fec_packets_received",
            "Lost packets won back from the copy in the next."),
        .init(\.concealedSamples, "concealed", .samples, "Samples made up for missing packets."),
        .init(
            \.silentConcealedSamples, "silent_concealed", .samples,
            "Of the concealed samples, those that were silence."),
        .init(\.concealmentEvents, "concealment_events", "Times that samples had to be made up."),
        .init(
            \.insertedSamples, "inserted_for_deceleration", .samples,
            "Samples by which the delay grew: a late network, or a sender with a slow clock."),
        .init(
            \.removedSamples, "removed_for_acceleration", .samples,
            "Samples by which the delay shrank: recovery, or a sender with a fast clock."),
        .init(
            \.resynchronisations, "resynchronisations",
            "Times that a stream began anew: another source, or a jump of its counters."),
        .init(
            \.emittedSamples, "jitter_buffer_emitted", .samples,
            "Samples that left the jitter buffer."),
        .init(
            \.jitterBufferDelayMs, "jitter_buffer_delay", .seconds, scale: 1_000,
            "Time in the jitter buffer, summed over the samples that left it."),
        .init(
            \.gateClosedUs, "echo_gate_closed", .seconds, scale: 1_000_000,
            "Sound of the microphone held off while the loudspeaker played."),
        .init(
            \.programSamplesLost, "program_lost", .samples,
            "Samples that a program on the audio socket was too slow to take."),
        .init(\.interruptions, "interruptions", "Times that the peer's speech was interrupted."),
        .init(\.outages, "outages", "Connections to the peer that broke."),
        .init(
            \.outageMs, "outage", .seconds, scale: 1_000,
            "Time without a connection, from its loss to the next one."),
    ]
}
