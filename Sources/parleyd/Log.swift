import Configuration
import EventLoop
import Gateway
import Systemd
import TransportHosting

/// Lines for the operator.
///
/// No more than 20 leave in any second, whatever happens; a line tells how many were held back. Plugins have a
/// share of their own, for what they say and what they can cause as often as they like, so that one that
/// talks without end holds back none of the daemon's lines.
@LoopActor
final class Log {
    /// Lines above this level are left out.
    var level: LogLevel
    private let daemon = Share(LineRate(limit: 12), of: "lines")
    private let plugins = Share(LineRate(limit: 8), of: "lines of plugins")

    /// What may be written in a second.
    @LoopActor private final class Share {
        var rate: LineRate
        let what: String
        var summaryTimer: LoopTimer?

        init(_ rate: LineRate, of what: String) {
            self.rate = rate
            self.what = what
        }
    }

    init(level: LogLevel) { self.level = level }

    func write(_ level: TransportLogLevel, _ text: String, about subject: LogSubject = .init()) {
        guard level.rawValue <= limit else { return }
        let share = subject.isFromPlugin ? plugins : daemon
        switch share.rate.admit(nowNs: MonotonicClock.nowNs) {
        case .holdBack: return scheduleSummary(share)
        case .writeAfterSummary(let count): summarise(count, share)
        case .write: break
        }
        LogEntry(level: level, text: text, subject: subject).write()
    }

    private func scheduleSummary(_ share: Share) {
        guard share.summaryTimer == nil, let due = share.rate.summaryDueNs else { return }
        let nowNs = MonotonicClock.nowNs
        let delay = Duration.nanoseconds(Int64(due > nowNs ? due - nowNs : 0))
        share.summaryTimer = EventLoop.shared.schedule(after: delay) { [weak self] in
            guard let self else { return }
            share.summaryTimer = nil
            if let count = share.rate.takeSummary(nowNs: MonotonicClock.nowNs) {
                summarise(count, share)
            }
        }
    }

    private func summarise(_ count: Int, _ share: Share) {
        share.summaryTimer?.cancel()
        share.summaryTimer = nil
        LogEntry(
            level: .warning, text: "\(count) \(share.what) were held back: too many in a second",
            subject: LogSubject(event: "held_back")
        ).write()
    }

    private var limit: UInt32 {
        switch level {
        case .error: 3
        case .warning: 4
        case .info: 6
        case .debug: 7
        }
    }
}
