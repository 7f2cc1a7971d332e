import CLinux
import Glibc

/// A connected stream socket.
final class UnixSocket {
    let fd: CInt
    let path: String

    /// Connects to the first path that answers.
    init(paths: [String]) throws(DaemonError) {
        var tried: [String] = []
        for path in paths {
            switch UnixSocket.connect(path) {
            case .success(let fd):
                self.fd = fd
                self.path = path
                return
            case .failure(let failure): tried.append("\(path): \(failure.reason)")
            }
        }
        throw .noDaemon(tried: tried)
    }

    deinit { close(fd) }

    /// Why a path has no daemon.
    struct Failure: Error {
        let code: CInt
        var reason: String {
            switch code {
            case ENOENT: "does not exist"
            case ECONNREFUSED: "nobody listens there; the daemon that made it is gone"
            case EACCES, EPERM:
                "you may not use it; ask to be put into its group, then log in again"
            default: String(cString: strerror(code))
            }
        }
    }

    static func connect(_ path: String) -> Result<CInt, Failure> {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < room else { return .failure(Failure(code: ENAMETOOLONG)) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let fd = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { return .failure(Failure(code: errno)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close(fd)
            return .failure(Failure(code: code))
        }
        return .success(fd)
    }

    /// Writes everything, waiting as long as it takes.
    func send(_ bytes: [UInt8]) throws(DaemonError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    fd, $0.baseAddress?.advanced(by: sent), bytes.count - sent, CInt(MSG_NOSIGNAL.rawValue))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .broken(String(cString: strerror(errno))) }
            sent += count
        }
    }

    /// Waits for bytes and appends them; false at the end of the stream.
    func receive(into buffer: inout [UInt8]) throws(DaemonError) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(fd, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .broken(String(cString: strerror(errno))) }
            buffer += chunk[..<count]
            return count > 0
        }
    }
}
