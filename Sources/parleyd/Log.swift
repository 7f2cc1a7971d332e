import Configuration
import EventLoop
import Gateway
import Glibc
import Systemd
import TransportHosting

/// Lines for the operator: entries with fields where the journal listens, else lines on standard error,
/// with a word for people.
///
/// No more than ``LineRate/limit`` a second leave, whatever happens; a line tells how many were held back.
@LoopActor
final class Log {
    /// Lines above this level are left out.
    var level: LogLevel
    private let isJournal = Journal.receives(STDERR_FILENO)
    private var rate = LineRate()
    private var summaryTimer: LoopTimer?

    init(level: LogLevel) { self.level = level }

    func write(_ level: TransportLogLevel, _ text: String, about subject: LogSubject = .init()) {
        guard level.rawValue <= limit else { return }
        switch rate.admit(nowNs: MonotonicClock.nowNs) {
        case .holdBack: return scheduleSummary()
        case .writeAfterSummary(let count): summarise(count)
        case .write: break
        }
        put(level, text, subject)
    }

    private func scheduleSummary() {
        guard summaryTimer == nil, let due = rate.summaryDueNs else { return }
        let nowNs = MonotonicClock.nowNs
        let delay = Duration.nanoseconds(Int64(due > nowNs ? due - nowNs : 0))
        summaryTimer = EventLoop.shared.schedule(after: delay) { [weak self] in
            guard let self else { return }
            summaryTimer = nil
            if let count = rate.takeSummary(nowNs: MonotonicClock.nowNs) { summarise(count) }
        }
    }

    private func summarise(_ count: Int) {
        summaryTimer?.cancel()
        summaryTimer = nil
        put(
            .warning, "\(count) lines were held back: too many in a second",
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
