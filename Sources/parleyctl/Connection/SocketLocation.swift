import Configuration
import Glibc

/// Where the gateway's sockets are looked for.
struct SocketLocation {
    /// Directories or sockets, in the order in which they are tried.
    let candidates: [String]

    init(option: String?, environment: Environment = .process) {
        if let chosen = option ?? environment["PARLEY_SOCKET"] {
            candidates = [chosen]
        } else {
            candidates =
                [environment["XDG_RUNTIME_DIR"].map { "\($0)/parley" }, "/run/parley"]
                .compactMap { $0 }
        }
    }

    /// Paths of control sockets. Where control.sock is closed to the caller, monitor.sock may not be.
    var controlPaths: [String] {
        candidates.flatMap { path in
            SocketLocation.isDirectory(path)
                ? ["\(path)/control.sock", "\(path)/monitor.sock"] : [path]
        }
    }

    /// Paths of audio sockets: beside the control socket.
    var audioPaths: [String] {
        candidates.map { path in
            if SocketLocation.isDirectory(path) { return "\(path)/audio.sock" }
            let slash = path.lastIndex(of: "/")
            return (slash.map { String(path[...$0]) } ?? "") + "audio.sock"
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
