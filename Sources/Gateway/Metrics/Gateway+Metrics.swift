import Control
import EventLoop
import Glibc
import MediaEngine
import Metrics
import PulseAudio
import Synchronization
import TransportHosting

/// Who tells which figures.
extension Gateway {
    /// All that there is on metrics.sock; docs/Metrics.md has them as a table.
    nonisolated static let metricFamilies =
        GatewayFamilies.all + ProcessFigures.families + ControlServer.metricFamilies
        + SoundServerFamilies.all + DeviceFamilies.all + TransportFamilies.all
        + SessionFamilies.all + MetricsServer.metricFamilies

    static var secondsSince1970: Double {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    func registerMetrics() {
        metrics.register(GatewayFamilies.all) { [weak self] in self?.collectGateway(into: &$0) }
        metrics.register(ProcessFigures.families) { ProcessFigures.collect(into: &$0) }
        metrics.register(ControlServer.metricFamilies) { [weak self] in
            self?.server.collect(into: &$0)
        }
        metrics.register(SoundServerFamilies.all) { [weak self] in
            self?.collectSoundServer(into: &$0)
        }
        metrics.register(DeviceFamilies.all) { [weak self] in
            self?.collectDevices(into: &$0)
        }
        metrics.register(TransportFamilies.all) { [weak self] in
            self?.collectTransports(into: &$0)
        }
        metrics.register(SessionFamilies.all) { [weak self] figures in
            guard let self else { return }
            for session in sessions { session.collect(into: &figures) }
            // Told by the next collection.
            metricFaults += figures.faults
        }
    }

    private func collectGateway(into figures: inout MetricCollection) {
        figures.add(GatewayFamilies.build, 1, server.version)
        figures.add(GatewayFamilies.started, startedAtSeconds)
        let problems = healthProblems
        figures.add(GatewayFamilies.healthy, problems.isEmpty)
        figures.add(GatewayFamilies.problems, problems.count)
        figures.add(GatewayFamilies.realTime, isRealTime)
        for state in SessionLifecycle.State.allCases {
            let count = sessions.count { $0.state == state }
            figures.add(GatewayFamilies.sessions, count, state.name)
        }
        figures.add(GatewayFamilies.sessionsCreated, endedSessions.count + sessions.count)
        figures.add(GatewayFamilies.sessionsClosed, endedSessions.count)
        figures.add(GatewayFamilies.engineBacklog, engine.backlogCount)
        figures.add(GatewayFamilies.faults, metricFaults)
        var sums = endedSessions.counters
        var packetsLost = endedSessions.packetsLost
        for session in sessions {
            sums.add(session.counters)
            packetsLost += session.media.meters.packetsLost.load(ordering: .relaxed)
        }
        figures.add(GatewayFamilies.packetsLost, packetsLost)
        for counter in SessionCounters.all { counter.add(sums, to: &figures, counter.inAll) }
    }

    private func collectSoundServer(into figures: inout MetricCollection) {
        let status = pulse.status
        figures.add(SoundServerFamilies.connected, status.isConnected)
        figures.add(SoundServerFamilies.outages, status.outages)
        figures.add(SoundServerFamilies.hangs, status.hangs)
        figures.add(SoundServerFamilies.outage, status.totalOutageMs / 1_000)
        figures.add(SoundServerFamilies.attempts, status.attempts)
    }

    private func collectTransports(into figures: inout MetricCollection) {
        for entry in hosting.entries {
            guard let id = entry.descriptor?.id else { continue }
            switch entry.state {
            case .available: figures.add(TransportFamilies.available, true, id)
            case .failed: figures.add(TransportFamilies.available, false, id)
            case .shadowed, .unknown, .refused: break
            }
        }
        for (id, tally) in hosting.hostTallies.sorted(by: { $0.key < $1.key }) {
            figures.add(TransportFamilies.hosts, tally.running, id)
            figures.add(TransportFamilies.starts, tally.starts, id)
            figures.add(TransportFamilies.waiting, tally.waitingBytes, id)
            figures.add(TransportFamilies.unreadAudio, tally.unreadAudioBytes, id)
            for kind in HostDeath.Kind.allCases where kind != .finished {
                figures.add(TransportFamilies.deaths, tally.deaths[kind] ?? 0, id, kind.word)
            }
        }
    }
}

extension HostDeath.Kind {
    /// For labels.
    fileprivate var word: String {
        switch self {
        case .finished: "finished"
        case .refused: "refused"
        case .hung: "hung"
        case .violation: "violation"
        case .crashed: "crashed"
        case .notStarted: "not_started"
        }
    }
}
