import Glibc

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
