import Gateway
import Glibc
import Systemd
import TransportHosting

/// One line for the operator, and where it goes: an entry with fields where the journal listens, else a line
/// on standard error, with a word for people.
struct LogEntry {
    var level: TransportLogLevel
    var text: String
    var subject: LogSubject

    /// Whether standard error is the journal. It does not change while the process lives.
    static let isForJournal = Journal.receives(STDERR_FILENO)

    func write() {
        if Self.isForJournal, Journal.send(fields) { return }
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " | ")
        let prefix: String
        switch level {
        case .error: prefix = Self.isForJournal ? "<3>" : "error: "
        case .warning: prefix = Self.isForJournal ? "<4>" : "warning: "
        case .info: prefix = Self.isForJournal ? "<6>" : ""
        case .debug: prefix = Self.isForJournal ? "<7>" : "debug: "
        }
        StandardError.write("\(Self.isForJournal ? "" : "parleyd: ")\(prefix)\(line)")
    }

    private var fields: [(name: String, value: String)] {
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
}

extension LogEntry {
    /// Why the daemon does not start. For people all of it as it is, since it may have several lines.
    static func writeStartFailure(_ reason: String) {
        if isForJournal {
            LogEntry(level: .error, text: reason, subject: .init(event: "start_failed")).write()
        } else {
            StandardError.write("parleyd: \(reason)")
        }
    }
}
