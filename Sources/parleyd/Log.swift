import Configuration
import EventLoop
import Glibc
import TransportHosting

/// Lines for the operator on standard error: with a priority for the journal, with a word for people.
@LoopActor
final class Log {
    /// Lines above this level are left out.
    var level: LogLevel
    private let isJournal = getenv("JOURNAL_STREAM") != nil

    init(level: LogLevel) { self.level = level }

    func write(_ level: TransportLogLevel, _ text: String) {
        guard level.rawValue <= limit else { return }
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

    private var limit: UInt32 {
        switch level {
        case .error: 3
        case .warning: 4
        case .info: 6
        case .debug: 7
        }
    }
}
