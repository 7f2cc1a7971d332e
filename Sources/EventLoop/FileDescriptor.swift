import Glibc

/// Owns a descriptor and closes it at the end of its life. [thread-safe]
public final class FileDescriptor: Sendable {
    public let raw: CInt

    /// Takes over `raw`, which must be open.
    public init(owning raw: CInt) { self.raw = raw }

    deinit { close(raw) }
}
