import Glibc

/// Owns a descriptor and closes it at the end of its life. [thread-safe]
public final class FileDescriptor: Sendable {
    public let raw: CInt

    /// Takes over `raw`, which must be open.
    public init(owning raw: CInt) { self.raw = raw }

    deinit { close(raw) }

    /// Of a Unix socket: kernel memory of what was sent and the far end has not read, whole writes with the
    /// kernel's own share. [real-time safe]
    public var unreadBytes: Int {
        var bytes: CInt = 0
        return ioctl(raw, UInt(TIOCOUTQ), &bytes) == 0 ? Int(bytes) : 0
    }
}
