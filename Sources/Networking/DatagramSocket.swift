import CLinux
import Glibc

/// A non-blocking UDP socket, bound to an address of ours. Closed at the end of its life. [one thread]
public final class DatagramSocket {
    public let descriptor: CInt
    /// With the port that the system chose.
    public let localAddress: SocketAddress

    /// - Parameter address: of ours; port 0 for any.
    /// - Throws: when it can't be bound: not ours, in use, no descriptor left.
    public init(boundTo address: SocketAddress) throws(SocketFault) {
        let made = socket(
            CInt(address.storage.ss_family),
            CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
                | CInt(SOCK_NONBLOCK.rawValue), 0)
        guard made >= 0 else { throw SocketFault(address, errno) }
        let code = address.withPointer { bind(made, $0, address.length) }
        let bound = code == 0 ? SocketAddress(localOf: made) : nil
        guard let bound else {
            let fault = SocketFault(address, errno)
            close(made)
            throw fault
        }
        descriptor = made
        localAddress = bound
    }

    deinit { close(descriptor) }

    /// Takes the oldest datagram.
    ///
    /// - Returns: its size and sender; nil when there is none. An answer of the network to what was sent
    ///   before, such as "port unreachable", is skipped: with UDP it proves nothing.
    public func receive(
        into room: UnsafeMutableRawBufferPointer
    ) -> (count: Int, from: SocketAddress)? {
        var storage = sockaddr_storage()
        while true {
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let count = withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(descriptor, room.baseAddress, room.count, 0, $0, &length)
                }
            }
            if count >= 0 { return (count, SocketAddress(storage, length: length)) }
            if errno == EAGAIN || errno == EBADF { return nil }
        }
    }

    /// Sends one datagram.
    ///
    /// - Returns: false when the system did not take it; real-time audio does not wait.
    @discardableResult
    public func send(_ bytes: UnsafeRawBufferPointer, to address: SocketAddress) -> Bool {
        address.withPointer {
            sendto(
                descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL), $0, address.length)
                == bytes.count
        }
    }
}
