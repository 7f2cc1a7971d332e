import Control
import Glibc

/// A connected stream socket.
final class UnixSocket {
    let fd: CInt

    /// Connects to the first path that answers.
    init(paths: [String]) throws(DaemonError) {
        var tried: [(path: String, reason: String)] = []
        for path in paths {
            let fd = Glibc.socket(
                AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
            guard fd >= 0 else { throw .system("no socket") }
            guard var address = UnixAddress(path), address.connect(fd) == 0 else {
                tried.append((path, String(cString: strerror(errno))))
                Glibc.close(fd)
                continue
            }
            self.fd = fd
            return
        }
        throw .noDaemon(tried: tried)
    }

    deinit { close(fd) }

    /// Writes everything, waiting as long as it takes.
    func send(_ bytes: [UInt8]) throws(DaemonError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    fd, $0.baseAddress?.advanced(by: sent), bytes.count - sent,
                    CInt(MSG_NOSIGNAL))
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
