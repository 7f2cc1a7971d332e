import CLinux
import EventLoop
import FakeRealtime
import Glibc
import WebSocket

/// Listens on a loopback address and gives every connection a session of its own.
@LoopActor
final class FakeServer {
    private let listener: FileDescriptor
    private var watch: Watch?
    private var clients: [ObjectIdentifier: FakeClient] = [:]
    private var connectionCount = 0
    let port: UInt16

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter port: 0 for one that the system chooses.
    init(port: UInt16, tls: TLSContext?, options: FakeOptions, transcript: Transcript) throws {
        let fd = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { throw Fault(description: "no descriptor is left") }
        listener = FileDescriptor(owning: fd)
        var yes: CInt = 1
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        address.sin_port = port.bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                let isBound = bind(fd, $0, size) == 0 && listen(fd, 128) == 0
                getsockname(fd, $0, &size)
                return isBound ? 0 : errno
            }
        }
        guard code == 0 else {
            throw Fault(description: "port \(port): \(String(cString: strerror(code)))")
        }
        self.port = UInt16(bigEndian: address.sin_port)
        watch = EventLoop.shared.watch(fd, for: .read) { [weak self] _ in
            self?.accept(tls, options, transcript)
        }
    }

    private func accept(_ tls: TLSContext?, _ options: FakeOptions, _ transcript: Transcript) {
        let fd = parley_accept(listener.raw)
        guard fd >= 0 else { return }
        var yes: CInt = 1
        setsockopt(fd, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
        connectionCount += 1
        let number = connectionCount
        do {
            let client = try FakeClient(
                FileDescriptor(owning: fd), number: number, tls: tls, options: options,
                transcript: transcript
            ) { [weak self] client in
                // In a turn of its own: the client is still at work.
                EventLoop.shared.post { self?.clients[ObjectIdentifier(client)] = nil }
            }
            clients[ObjectIdentifier(client)] = client
        } catch {
            transcript.note("\(error)", of: number)
        }
    }
}
