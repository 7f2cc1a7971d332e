import CLinux
import EventLoop
import Glibc

/// A listening stream socket in the file system. One that was bound here is removed at the end; one
/// that came from the service manager stays.
///
/// Where the system has no descriptor or memory for a client, the client waits in the socket's queue
/// and is taken when there is room again: see ``rest(because:)``.
@LoopActor
public final class UnixListener {
    /// As accept4(2): a descriptor, or -1 with errno.
    typealias Accept = @LoopActor (CInt) -> CInt

    nonisolated static var clientsPerTurn: Int { 16 }

    private let descriptor: FileDescriptor
    private let ownPath: String?
    private let restTime: Duration
    private let accept: Accept
    private let onClient: @LoopActor (FileDescriptor) -> Void
    private let log: @LoopActor (String) -> Void
    private var watch: Watch?
    /// Whether the last client that knocked could not be let in; the log says so once.
    private var isExhausted = false

    /// Binds `path` with mode 0660. A socket that nobody listens on any more is replaced.
    ///
    /// - Parameter log: hears that clients have to wait, and that they no longer do.
    public convenience init(
        path: String, log: @escaping @LoopActor (String) -> Void = { _ in },
        onClient: @escaping @LoopActor (FileDescriptor) -> Void
    ) throws(ListenError) {
        self.init(
            try BoundSocket.listening(at: path), ownPath: path, log: log,
            accept: { parley_accept($0) },
            onClient: onClient)
    }

    /// Serves a socket that already listens, and leaves it in the file system at the end.
    public convenience init(
        adopting descriptor: FileDescriptor, log: @escaping @LoopActor (String) -> Void = { _ in },
        onClient: @escaping @LoopActor (FileDescriptor) -> Void
    ) {
        // The service manager passes blocking sockets (sd_listen_fds(3)); accept() must not wait.
        let flags = fcntl(descriptor.raw, F_GETFL)
        if flags >= 0 { _ = fcntl(descriptor.raw, F_SETFL, flags | O_NONBLOCK) }
        self.init(
            descriptor, ownPath: nil, log: log, accept: { parley_accept($0) }, onClient: onClient)
    }

    /// - Parameters:
    ///   - restTime: how long clients wait when there is no room for them.
    ///   - accept: for tests of what the kernel answers when it has nothing left.
    init(
        _ descriptor: FileDescriptor, ownPath: String?, restTime: Duration = .milliseconds(100),
        log: @escaping @LoopActor (String) -> Void, accept: @escaping Accept,
        onClient: @escaping @LoopActor (FileDescriptor) -> Void
    ) {
        self.restTime = restTime
        self.descriptor = descriptor
        self.ownPath = ownPath
        self.accept = accept
        self.onClient = onClient
        self.log = log
        watch = EventLoop.shared.watch(descriptor.raw, for: .read) { [weak self] _ in
            self?.takeClients()
        }
    }

    // MARK: Clients

    /// A few at a time: whoever else has something to do on this thread comes in between, and the next turn
    /// finds the socket readable again.
    private func takeClients() {
        for _ in 0..<Self.clientsPerTurn {
            guard watch != nil else { return }
            let fd = accept(descriptor.raw)
            if fd >= 0 {
                if isExhausted { log("clients are accepted again") }
                isExhausted = false
                onClient(FileDescriptor(owning: fd))
                continue
            }
            switch errno {
            case EAGAIN: return
            // The client went away while it waited; the next one may be there.
            case EINTR, ECONNABORTED: continue
            default: return rest(because: errno)
            }
        }
    }

    /// EMFILE, ENFILE, ENOMEM, ENOBUFS (accept(2)): the client stays in the queue, and as long as it is
    /// there the socket is readable, so that the loop would spin.
    private func rest(because code: CInt) {
        if !isExhausted {
            log(
                "clients have to wait, because none can be accepted: "
                    + "\(String(cString: strerror(code)))")
        }
        isExhausted = true
        watch?.change(to: [])
        _ = EventLoop.shared.schedule(after: restTime) { [weak self] in
            self?.watch?.change(to: .read)
        }
    }

    /// Stops listening and removes the socket, if it was bound here.
    public func close() {
        watch?.cancel()
        watch = nil
        if let ownPath { unlink(ownPath) }
    }
}
