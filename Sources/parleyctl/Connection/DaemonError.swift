/// Why a command was not done.
enum DaemonError: Error, CustomStringConvertible {
    /// No daemon answers; each place with the reason.
    case noDaemon(tried: [String])
    /// The daemon said no.
    case refused(code: String?, message: String)
    /// The connection broke, or what came is no answer.
    case broken(String)
    /// Something on this side failed.
    case failed(String)

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
                + "$PARLEY_SOCKET. Tried:\n" + tried.map { "  \($0)" }.joined(separator: "\n")
        case .refused(let code, let message): message + (code.map { " (\($0))" } ?? "")
        case .broken(let reason): "the connection to the gateway broke: \(reason)"
        case .failed(let reason): reason
        }
    }
}
