import CLinux
import EventLoop
import Glibc

/// Why a socket can't be served.
public enum ListenError: Error, CustomStringConvertible {
    case pathTooLong(String)
    case inUse(String)
    case failed(path: String, operation: String, code: CInt)

    public var description: String {
        switch self {
        case .pathTooLong(let path):
            "the socket path \(path) is longer than 107 bytes: choose a shorter --runtime-directory"
        case .inUse(let path):
            "another parleyd serves \(path): stop it, or choose another --runtime-directory"
        case .failed(let path, let operation, let code):
            "\(operation) \(path) failed: \(String(cString: strerror(code)))"
        }
    }
}

/// A listening stream socket in the file system. One that was bound here is removed at the end; one
/// that came from the service manager stays.
@LoopActor
public final class UnixListener {
    private let descriptor: FileDescriptor
    private let ownPath: String?
    private var watch: Watch?

    /// Binds `path` with mode 0660. A socket that nobody listens on any more is replaced.
    public init(
        path: String, onClient: @escaping @LoopActor (FileDescriptor) -> Void
    ) throws(ListenError) {
        guard var address = UnixAddress(path) else { throw .pathTooLong(path) }
        let flags =
            CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        let fd = socket(AF_UNIX, flags, 0)
        guard fd >= 0 else { throw .failed(path: path, operation: "socket for", code: errno) }
        descriptor = FileDescriptor(owning: fd)
        if address.connect(fd) == 0 || errno == EAGAIN { throw .inUse(path) }
        switch errno {
        case ENOENT: break
        case ECONNREFUSED where Self.isSocket(path):
            // Nobody listens: a refused connect leaves the descriptor unbound, as bind() wants it.
            unlink(path)
        case ECONNREFUSED: throw .failed(path: path, operation: "bind", code: EEXIST)
        default: throw .failed(path: path, operation: "connect to", code: errno)
        }
        let mask = umask(0o117)
        let bound = address.bind(fd)
        let code = errno
        umask(mask)
        guard bound == 0 else { throw .failed(path: path, operation: "bind", code: code) }
        guard listen(fd, 128) == 0 else {
            throw .failed(path: path, operation: "listen on", code: errno)
        }
        ownPath = path
        begin(onClient)
    }

    /// Anything else under our name is somebody's file, and not ours to remove.
    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    /// Serves a socket that already listens.
    public init(
        adopting descriptor: FileDescriptor, onClient: @escaping @LoopActor (FileDescriptor) -> Void
    ) {
        self.descriptor = descriptor
        ownPath = nil
        begin(onClient)
    }

    private func begin(_ onClient: @escaping @LoopActor (FileDescriptor) -> Void) {
        let listener = descriptor
        watch = EventLoop.shared.watch(listener.raw, for: .read) { [weak self] _ in
            while true {
                let fd = parley_accept(listener.raw)
                if fd >= 0 {
                    onClient(FileDescriptor(owning: fd))
                    continue
                }
                if errno == EMFILE || errno == ENFILE { self?.rest() }
                return
            }
        }
    }

    /// No descriptor is left: the client waits in the queue, and the loop must not spin meanwhile.
    private func rest() {
        watch?.change(to: [])
        _ = EventLoop.shared.schedule(after: .milliseconds(100)) { [weak self] in
            self?.watch?.change(to: .read)
        }
    }

    /// Stops listening and removes the socket.
    public func close() {
        watch?.cancel()
        watch = nil
        if let ownPath { unlink(ownPath) }
    }
}

/// A sockaddr_un.
public struct UnixAddress {
    private var address = sockaddr_un()

    /// nil when the path does not fit.
    public init?(_ path: String) {
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            return nil
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    }

    /// As connect(2).
    public mutating func connect(_ fd: CInt) -> CInt { with { Glibc.connect(fd, $0, $1) } }
    mutating func bind(_ fd: CInt) -> CInt { with { Glibc.bind(fd, $0, $1) } }

    private mutating func with(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
