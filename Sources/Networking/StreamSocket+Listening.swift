import CLinux
import Glibc

extension StreamSocket {
    /// A socket that listens on 127.0.0.1, at a port of the system's choice.
    static func listeningOnLoopback() throws(SocketFault) -> (StreamSocket, UInt16) {
        guard let any = SocketAddress("127.0.0.1", port: 0) else {
            preconditionFailure("127.0.0.1 is an address")
        }
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { throw SocketFault(any, errno) }
        let listener = StreamSocket(adopting: descriptor)
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening =
            any.withPointer { bind(descriptor, $0, any.length) } == 0
            && listen(descriptor, 16) == 0
            && withUnsafeMutablePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getsockname(descriptor, $0, &length)
                }
            } == 0
        guard isListening else { throw SocketFault(any, errno) }
        return (listener, UInt16(bigEndian: name.sin_port))
    }

    /// The next caller; nil when there is none.
    func accept() -> StreamSocket? {
        let caller = parley_accept(descriptor)
        return caller >= 0 ? StreamSocket(adopting: caller) : nil
    }

    private static var type: CInt {
        CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
    }
}
