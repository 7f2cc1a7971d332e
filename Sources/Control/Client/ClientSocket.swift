import CLinux
import EventLoop
import Glibc

/// A connection to one of the daemon's sockets, for a program that may wait. One thread at a time.
public final class ClientSocket {
    /// The calls that may fail for want of memory or descriptors: tests can't bring that about.
    struct Calls {
        var socket: () -> CInt = {
            Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        }
        var poll: (inout pollfd, CInt) -> CInt = { Glibc.poll(&$0, 1, $1) }
    }

    /// The socket that answered.
    public let path: String
    private let descriptor: FileDescriptor
    private let calls: Calls

    /// Connects to the first of `paths` that answers.
    public convenience init(paths: [String]) throws(ControlClientError) {
        try self.init(paths: paths, calls: Calls())
    }

    init(paths: [String], calls: Calls) throws(ControlClientError) {
        self.calls = calls
        var tried: [(path: String, reason: String)] = []
        for path in paths {
            guard var address = UnixAddress(path) else {
                tried.append(
                    (path, path.isEmpty ? "the path is empty" : "the path is over 107 bytes long"))
                continue
            }
            let fd = calls.socket()
            guard fd >= 0 else { throw .failed(operation: "making a socket", code: errno) }
            let descriptor = FileDescriptor(owning: fd)
            if address.connect(fd) == 0 {
                self.path = path
                self.descriptor = descriptor
                return
            }
            tried.append((path, String(cString: strerror(errno))))
        }
        throw .noDaemon(tried: tried)
    }

    /// For polling beside other descriptors; readable when something came.
    public var raw: CInt { descriptor.raw }

    /// Writes everything, waiting as long as it takes.
    public func send(_ bytes: [UInt8]) throws(ControlClientError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    raw, buffer.baseAddress.map { $0 + sent }, bytes.count - sent,
                    CInt(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.error(of: "sending", errno) }
            sent += count
        }
    }

    /// As ``send(_:)`` for what will be answered: when the daemon has closed, what it said before, such as
    /// why it does not serve this client, is still there to be received.
    func sendRequest(_ bytes: [UInt8]) throws(ControlClientError) {
        do throws(ControlClientError) {
            try send(bytes)
        } catch {
            guard case .connectionLost = error else { throw error }
        }
    }

    /// Waits for bytes and appends them; false at the end of the stream.
    ///
    /// - Parameter deadlineNs: on ``MonotonicClock``; nil waits for ever.
    public func receive(
        into buffer: inout [UInt8], deadlineNs: UInt64? = nil
    ) throws(ControlClientError) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            try wait(deadlineNs: deadlineNs)
            let count = recv(raw, &chunk, chunk.count, CInt(MSG_DONTWAIT))
            if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            guard count >= 0 else { throw Self.error(of: "receiving", errno) }
            buffer += chunk[..<count]
            return count > 0
        }
    }

    private func wait(deadlineNs: UInt64?) throws(ControlClientError) {
        while true {
            var timeoutMs: CInt = -1
            if let deadlineNs {
                let nowNs = MonotonicClock.nowNs
                guard deadlineNs > nowNs else { throw .timeout }
                timeoutMs = CInt(clamping: (deadlineNs - nowNs) / 1_000_000 + 1)
            }
            var descriptor = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
            let ready = calls.poll(&descriptor, timeoutMs)
            if ready > 0 { return }
            guard ready == 0 || errno == EINTR else {
                throw .failed(operation: "waiting for parleyd", code: errno)
            }
        }
    }

    private static func error(of operation: String, _ code: CInt) -> ControlClientError {
        code == EPIPE || code == ECONNRESET
            ? .connectionLost : .failed(operation: operation, code: code)
    }
}
