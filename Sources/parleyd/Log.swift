import Configuration
import EventLoop
import Gateway
import Glibc
import Systemd
import TransportHosting

/// Lines for the operator: entries with fields where the journal listens, else lines on standard error,
/// with a word for people.
///
/// No more than 20 a second leave, whatever happens; a line tells how many were held back. Plugins have a
/// share of their own, so that one that talks without end holds back none of the daemon's lines.
@LoopActor
final class Log {
    /// Lines above this level are left out.
    var level: LogLevel
    private let isJournal = Journal.receives(STDERR_FILENO)
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
        put(level, text, subject)
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
        put(
            .warning, "\(count) \(share.what) were held back: too many in a second",
            .init(event: "held_back"))
    }

    private func put(_ level: TransportLogLevel, _ text: String, _ subject: LogSubject) {
        if isJournal, Journal.send(fields(level, text, subject)) { return }
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " | ")
        let prefix: String
        switch level {
        case .error: prefix = isJournal ? "<3>" : "error: "
        case .warning: prefix = isJournal ? "<4>" : "warning: "
        case .info: prefix = isJournal ? "<6>" : ""
        case .debug: prefix = isJournal ? "<7>" : "debug: "
        }
        StandardError.write("\(isJournal ? "" : "parleyd: ")\(prefix)\(line)")
    }

    private func fields(
        _ level: TransportLogLevel, _ text: String, _ subject: LogSubject
    ) -> [(name: String, value: String)] {
        var fields = [
            (name: "MESSAGE", value: text), (name: "PRIORITY", value: String(level.rawValue)),
            (name: "SYSLOG_IDENTIFIER", value: "parleyd"),
        ]
        if let session = subject.session { fields.append(("PARLEY_SESSION", session)) }
        if let transport = subject.transport { fields.append(("PARLEY_TRANSPORT", transport)) }
        if let event = subject.event {
            fields.append(("PARLEY_EVENT", event))
            if let id = MessageID.of(event) { fields.append(("MESSAGE_ID", id)) }
        }
        return fields
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
