import CLinux
import Glibc

/// Wakes a thread that waits for a descriptor. [thread-safe, real-time safe]
public struct Doorbell: ~Copyable, Sendable {
    /// Readable while the bell rings.
    public let fd: CInt

    public init() {
        fd = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        precondition(fd >= 0, "no descriptor left for a doorbell, errno \(errno)")
    }

    deinit { close(fd) }

    public func ring() {
        var one: UInt64 = 1
        _ = write(fd, &one, 8)
    }

    /// Stops the ringing; call before looking for the work.
    public func silence() {
        var count: UInt64 = 0
        _ = read(fd, &count, 8)
    }
}
