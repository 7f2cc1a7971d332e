import CLinux
import Glibc

/// A non-blocking TCP socket. Closed at the end of its life. [one thread]
public final class StreamSocket {
    public let descriptor: CInt

    /// Begins to connect; the socket is ready to write once ``connectFault()`` can tell how it went.
    ///
    /// - Throws: what failed at once.
    public init(connectingTo address: SocketAddress) throws(SocketFault) {
        descriptor = socket(
            CInt(address.storage.ss_family),
            CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
                | CInt(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw SocketFault(address, errno) }
        set(IPPROTO_TCP, TCP_NODELAY, 1)
        // Speech that can't leave must stay where it can be dropped: not in the kernel (tcp(7)).
        set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16_384)
        let code = address.withPointer { connect(descriptor, $0, address.length) }
        guard code == 0 || errno == EINPROGRESS else { throw SocketFault(address, errno) }
    }

    /// Takes over a socket that is non-blocking already.
    init(adopting descriptor: CInt) {
        self.descriptor = descriptor
        set(IPPROTO_TCP, TCP_NODELAY, 1)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private func set(_ level: Int, _ option: CInt, _ value: CInt) {
        var value = value
        setsockopt(
            descriptor, CInt(level), option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    /// How the attempt to connect ended; nil for well.
    func connectFault() -> CInt? {
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        return code == 0 ? nil : code
    }

    public enum Transfer: Hashable {
        case bytes(Int)
        case wouldBlock
        case end
        case failed(CInt)
    }

    public func read(into target: UnsafeMutableRawPointer, room: Int) -> Transfer {
        while true {
            let count = recv(descriptor, target, room, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            if errno == EAGAIN { return .wouldBlock }
            if errno != EINTR { return .failed(errno) }
        }
    }

    public func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        while true {
            let count = send(
                descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
            if count >= 0 { return .bytes(count) }
            if errno == EAGAIN { return .wouldBlock }
            if errno != EINTR { return .failed(errno) }
        }
    }

    static func text(_ code: CInt) -> String { String(cString: strerror(code)) }
}

/// What the system said of a connection.
public struct SocketFault: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ address: SocketAddress, _ code: CInt) {
        description = "\(address): \(StreamSocket.text(code))"
    }
}
