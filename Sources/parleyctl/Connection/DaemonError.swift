import Control

/// Why a command was not done.
enum DaemonError: Error, CustomStringConvertible {
    /// The daemon is not there, said no, or broke off.
    case gateway(ControlClientError)
    /// Something on this side failed.
    case failed(String)

    var exitStatus: Int32 {
        if case .gateway(.noDaemon) = self { 3 } else { 1 }
    }

    var description: String {
        switch self {
        case .gateway(.noDaemon(let tried)):
            "no gateway answers; start parleyd, or name its socket by --socket or "
                + "$PARLEY_SOCKET. Tried:\n"
                + tried.map { "  \($0.path): \($0.reason)" }.joined(separator: "\n")
        case .gateway(let error): "\(error)"
        case .failed(let reason): reason
        }
    }
}
