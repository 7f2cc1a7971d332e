import Control
import Glibc

/// The sockets of a gateway. What names one may be a socket or the directory of all.
struct GatewaySockets {
    private let candidates: [String]

    /// - Parameter option: `--socket`.
    init(option: String?) { candidates = SocketLocation.candidates(explicit: option) }

    /// Where control.sock is closed to the caller, monitor.sock may not be.
    var controlPaths: [String] {
        candidates.flatMap { path in
            let control = GatewaySockets.isDirectory(path) ? "\(path)/control.sock" : path
            let monitor =
                control.hasSuffix("/control.sock")
                ? [control.dropLast("control.sock".count) + "monitor.sock"] : []
            return [control] + monitor.map { String($0) }
        }
    }

    var audioPaths: [String] {
        candidates.map { path in
            GatewaySockets.isDirectory(path)
                ? "\(path)/audio.sock" : SocketLocation.audioSocket(besides: path)
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
