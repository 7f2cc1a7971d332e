import CLinux
import Glibc

/// A non-blocking TCP socket that takes callers. Closed at the end of its life. [one thread]
public final class ListeningSocket {
    public let descriptor: CInt
    /// With the port that the system chose.
    public let localAddress: SocketAddress

    /// - Parameter address: of ours; port 0 for any.
    /// - Throws: when it can't be had: not ours, in use, no descriptor left.
    public init(on address: SocketAddress) throws(SocketFault) {
        let made = socket(
            CInt(address.storage.ss_family),
            CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
                | CInt(SOCK_NONBLOCK.rawValue), 0)
        guard made >= 0 else { throw SocketFault(address, errno) }
        var isOn: CInt = 1
        // A restart does not wait until the last caller's packets have died out (socket(7)).
        setsockopt(
            made, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<CInt>.size))
        let isListening =
            address.withPointer { bind(made, $0, address.length) } == 0 && listen(made, 64) == 0
        guard isListening, let bound = SocketAddress(localOf: made) else {
            let fault = SocketFault(address, errno)
            close(made)
            throw fault
        }
        descriptor = made
        localAddress = bound
    }

    deinit { close(descriptor) }

    /// The next caller; nil when there is none, or no descriptor left for him.
    public func accept() -> StreamSocket? {
        let caller = parley_accept(descriptor)
        return caller >= 0 ? StreamSocket(adopting: caller) : nil
    }
}
