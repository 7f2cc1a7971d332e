import EventLoop
import Gateway
import Systemd
import TransportHosting

/// Keeps the service manager informed: ready, status, reloading, stopping, alive. Without one, silent.
@LoopActor
final class ServiceReport {
    /// How long readiness waits for the sound server.
    static var soundLimit: Duration { .milliseconds(500) }
    /// Changes of the status line within this time are told together.
    static var statusPause: Duration { .milliseconds(200) }
    /// What ending may take at the most, whatever the unit allows.
    static var stopMs: UInt64 { 3_000 }

    private let gateway: Gateway
    private let log: Log
    private var isReady = false
    private var isStopping = false
    private var soundTimer: LoopTimer?
    private var statusTimer: LoopTimer?
    private var told = ""
    private var watch: ProgressWatch
    private var watchTimer: LoopTimer?
    private let watchPeriod: Duration?
    private var stuck: [String] = []

    init(gateway: Gateway, log: Log) {
        self.gateway = gateway
        self.log = log
        // Three looks in the manager's time; what has not moved since the look before is stuck.
        let periodNs = ServiceManager.watchdogNs.map { max($0 / 3, 10_000_000) }
        watchPeriod = periodNs.map { .nanoseconds(Int64($0)) }
        watch = ProgressWatch(patienceNs: (periodNs ?? 0) * 9 / 10)
        guard ServiceManager.isListening else { return }
        gateway.onStatusLine = { [weak self] in self?.statusChanged() }
        gateway.onReload = { [weak self] in self?.reload(begins: $0) }
    }

    /// The sockets listen, the known plugins are read, and the gateway has been started.
    func serving() {
        guard ServiceManager.isListening else { return }
        soundTimer = EventLoop.shared.schedule(after: Self.soundLimit) { [weak self] in
            self?.becomeReady()
        }
        if gateway.isSoundSettled { becomeReady() }
        lookAtLoops()
    }

    private func becomeReady() {
        guard !isReady, !isStopping else { return }
        isReady = true
        soundTimer?.cancel()
        told = currentLine
        ServiceManager.tell([.ready, .status(told)])
    }

    // MARK: Status

    /// What `systemctl status` should show now.
    private var currentLine: String {
        let line = gateway.statusLine
        return stuck.isEmpty ? line : "STUCK: \(stuck.joined(separator: ", ")); \(line)"
    }

    private func statusChanged() {
        guard !isStopping else { return }
        if !isReady {
            if gateway.isSoundSettled { becomeReady() }
            return
        }
        guard statusTimer == nil else { return }
        statusTimer = EventLoop.shared.schedule(after: Self.statusPause) { [weak self] in
            self?.statusTimer = nil
            self?.tellStatus()
        }
    }

    private func tellStatus() {
        guard isReady, !isStopping else { return }
        let line = currentLine
        guard line != told else { return }
        told = line
        ServiceManager.tell([.status(line)])
    }

    private func reload(begins: Bool) {
        guard isReady, !isStopping else { return }
        if begins {
            ServiceManager.tell([.reloading(monotonicNs: MonotonicClock.nowNs)])
        } else {
            told = currentLine
            ServiceManager.tell([.ready, .status(told)])
        }
    }

    /// Ending begins.
    func stopping(sessions: Int) {
        isStopping = true
        soundTimer?.cancel()
        statusTimer?.cancel()
        watchTimer?.cancel()
        guard ServiceManager.isListening else { return }
        var states: [ServiceState] = [
            .stopping, .status("ending \(sessions) sessions"), .extendTimeout(ms: Self.stopMs),
        ]
        if watchPeriod != nil { states.append(.watchdog) }
        ServiceManager.tell(states)
    }

    // MARK: Watchdog

    /// That this runs shows that the control thread turns.
    private func lookAtLoops() {
        guard let watchPeriod, !isStopping else { return }
        watchTimer = EventLoop.shared.schedule(after: watchPeriod) { [weak self] in
            self?.lookAtLoops()
        }
        let answers = gateway.loops.map {
            ProgressWatch.Answer($0.name, progress: $0.progress, hasWork: $0.hasWork)
        }
        switch watch.judge(answers, nowNs: MonotonicClock.nowNs) {
        case .alive:
            ServiceManager.tell([.watchdog])
            found(stuck: [])
        case .stuck(let names): found(stuck: names)
        }
        gateway.prodLoops()
    }

    private func found(stuck names: [String]) {
        guard names != stuck else { return }
        stuck = names
        if names.isEmpty {
            log.write(.warning, "everything moves again")
        } else {
            log.write(
                .error,
                "stands still, so the watchdog is not fed: \(names.joined(separator: ", "))",
                about: LogSubject(event: "loops_stuck"))
        }
        tellStatus()
    }
}
