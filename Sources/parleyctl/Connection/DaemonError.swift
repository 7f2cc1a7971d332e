import Control
import Glibc

/// Why a command was not done.
enum DaemonError: Error, CustomStringConvertible {
    /// No daemon answers; each place with the reason.
    case noDaemon(tried: [(path: String, reason: String)])
    /// The daemon said no.
    case refused(code: String?, message: String)
    /// The connection broke, or what came is no answer.
    case broken(String)
    /// Something on this side failed.
    case failed(String)

    init(_ error: ControlClientError) {
        switch error {
        case .noDaemon(let tried): self = .noDaemon(tried: tried)
        case .refused(_, let word, let message): self = .refused(code: word, message: message)
        case .connectionLost, .timeout, .malformed: self = .broken("\(error)")
        }
    }

    var exitStatus: Int32 {
        switch self {
        case .noDaemon: 3
        case .refused, .broken, .failed: 1
        }
    }

    var description: String {
        switch self {
        case .noDaemon(let tried):
            "no gateway answers; start parleyd, or name its socket by --socket or "
                + "$PARLEY_SOCKET. Tried:\n"
                + tried.map { "  \($0.path): \($0.reason)" }.joined(separator: "\n")
        case .refused(let code, let message): message + (code.map { " (\($0))" } ?? "")
        case .broken(let reason), .failed(let reason): reason
        }
    }

    /// The last failure of a system call.
    static func system(_ what: String) -> DaemonError {
        .failed("\(what): \(String(cString: strerror(errno)))")
    }
}
