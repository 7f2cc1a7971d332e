import CLinux
import EventLoop
import Glibc

/// Makes listening sockets in the file system.
enum BoundSocket {
    /// A socket that listens on `path`.
    ///
    /// Its mode never comes from the process's umask, which all threads share: the node gets the mode
    /// of the unbound socket's inode (unix_bind in the kernel), and whatever the umask took away is
    /// given back before anybody can connect, which needs listen().
    static func listening(at path: String) throws(ListenError) -> FileDescriptor {
        guard var address = UnixAddress(path) else { throw .pathTooLong(path) }
        let flags =
            CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        let fd = socket(AF_UNIX, flags, 0)
        guard fd >= 0 else { throw .failed(path: path, operation: "socket for", code: errno) }
        let descriptor = FileDescriptor(owning: fd)
        try clear(path, &address, fd)
        _ = fchmod(fd, mode)
        guard address.bind(fd) == 0 else {
            throw .failed(path: path, operation: "bind", code: errno)
        }
        guard chmod(path, mode) == 0, listen(fd, 128) == 0 else {
            let code = errno
            unlink(path)
            throw .failed(path: path, operation: "listen on", code: code)
        }
        return descriptor
    }

    private static var mode: mode_t { 0o660 }

    /// Makes way for a socket of ours, where nobody listens any more.
    private static func clear(
        _ path: String, _ address: inout UnixAddress, _ fd: CInt
    ) throws(ListenError) {
        if address.connect(fd) == 0 || errno == EAGAIN { throw .inUse(path) }
        switch errno {
        case ENOENT: break
        case ECONNREFUSED where isSocket(path):
            // Nobody listens: a refused connect leaves the descriptor unbound, as bind() wants it.
            unlink(path)
        case ECONNREFUSED: throw .failed(path: path, operation: "bind", code: EEXIST)
        default: throw .failed(path: path, operation: "connect to", code: errno)
        }
    }

    /// Anything else under our name is somebody's file, and not ours to remove.
    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }
}
