import AudioCore
import EventLoop
import MediaEngine
import Metrics
import PulseAudio
import Synchronization

/// A session's figures.
extension Session {
    var counters: SessionCounters {
        var counters = SessionCounters(media.meters)
        counters.framesSent += framesSentBefore
        counters.interruptions = interruptions
        counters.outages = outages.count
        counters.outageMs = outages.totalMs(nowNs: MonotonicClock.nowNs)
        return counters
    }

    func collect(into figures: inout MetricCollection) {
        let meters = media.meters
        figures.add(
            SessionFamilies.info, 1, label, spec.transport, spec.local.kind, parentLabel ?? "")
        figures.add(SessionFamilies.connected, state == .connected, label)
        figures.add(SessionFamilies.attempt, lifecycle.attempt, label)
        figures.add(
            SessionFamilies.age, Double(MonotonicClock.nowNs - createdNs) / 1e9, label)
        for (stage, ms) in latencyStages {
            figures.add(SessionFamilies.latency, ms / 1_000, label, stage)
        }
        figures.add(
            SessionFamilies.packetsLost, meters.packetsLost.load(ordering: .relaxed), label)
        figures.add(
            SessionFamilies.jitter, Double(meters.jitterUs.load(ordering: .relaxed)) / 1e6, label)
        figures.add(
            SessionFamilies.targetDelay,
            Double(meters.jitterBufferTargetUs.load(ordering: .relaxed)) / 1e6, label)
        if let skew = meters.clockSkew.ppm { figures.add(SessionFamilies.skew, skew, label) }
        figures.add(
            SessionFamilies.level, Double(meters.input.reading.meanSquare.squareRoot()), label,
            "input")
        figures.add(
            SessionFamilies.level, Double(meters.output.reading.meanSquare.squareRoot()), label,
            "output")
        figures.add(SessionFamilies.muted, isInputMuted, label, "input")
        figures.add(SessionFamilies.muted, isOutputMuted, label, "output")
        collectLeg(into: &figures)
        let counters = counters
        for counter in SessionCounters.all {
            counter.add(counters, to: &figures, counter.perSession, [label])
        }
        if let statistics {
            for statistic in PeerStatistic.all {
                guard let value = statistic.value(in: statistics) else { continue }
                figures.add(statistic.family, value, [label])
            }
        }
    }
}

/// Of the near side.
extension Session {
    private func collectLeg(into figures: inout MetricCollection) {
        switch leg {
        case .devices(let capture, let playback):
            add(capture.state, capture.counters, "capture", to: &figures)
            add(playback.state, playback.counters, "playback", to: &figures)
        case .stream(let programs):
            figures.add(SessionFamilies.programs, programs.count, label)
            figures.add(SessionFamilies.programQueue, programs.unreadBytes, label)
        case .none: break
        }
    }

    private func add(
        _ state: DeviceStatus.State, _ counters: LegCounters, _ direction: String,
        to figures: inout MetricCollection
    ) {
        let isRunning = if case .running = state { true } else { false }
        figures.add(SessionFamilies.deviceRunning, isRunning, label, direction)
        figures.add(SessionFamilies.deviceOutages, counters.outages, label, direction)
        figures.add(
            SessionFamilies.deviceOutage, Double(counters.outageNs) / 1e9, label, direction)
        figures.add(SessionFamilies.deviceUnderruns, counters.underruns, label, direction)
        figures.add(SessionFamilies.deviceOverruns, counters.overrunSamples, label, direction)
    }
}

extension SessionCounter {
    func add(
        _ counters: SessionCounters, to figures: inout MetricCollection, _ family: MetricFamily,
        _ labels: [String] = []
    ) {
        let count = counters[keyPath: value]
        figures.add(
            family, scale == 1 ? .integer(Int64(count)) : .real(Double(count) / scale), labels)
    }
}
