import Foundation
import Testing

/// A UDP port of this machine in the hands of a test: a stranger, or a telephone.
final class DatagramPeer {
    private let fd: Int32
    /// As `127.0.0.1:PORT`.
    let address: String

    /// - Parameter port: 0 for any.
    init(port: UInt16 = 0) throws {
        fd = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var own = Self.loopback(port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let fd = fd
        let status = withUnsafeMutablePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { own in
                bind(fd, own, length) == 0 ? getsockname(fd, own, &length) : -1
            }
        }
        address = "127.0.0.1:\(UInt16(bigEndian: own.sin_port))"
        try #require(status == 0, "no port \(port): errno \(errno)")
    }

    deinit { close(fd) }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    var port: UInt16 { Self.port(of: address) }

    private static func port(of address: String) -> UInt16 {
        address.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
    }

    /// - Parameter address: as `127.0.0.1:PORT`.
    func send(_ bytes: [UInt8], to address: String) {
        var address = Self.loopback(Self.port(of: address))
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(
                    fd, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// The next datagram; nil when none comes for 10 s.
    func receive() -> [UInt8]? {
        var room = [UInt8](repeating: 0, count: 2_048)
        let count = recv(fd, &room, room.count, 0)
        return count >= 0 ? Array(room.prefix(count)) : nil
    }

    /// Two ports in a row that were free a moment ago, for a program that wants to be told its ports.
    static func freePair() throws -> UInt16 {
        for _ in 0..<64 {
            let first = try DatagramPeer()
            if first.port % 2 == 0, (try? DatagramPeer(port: first.port + 1)) != nil {
                return first.port
            }
        }
        throw DaemonUnderTest.Failure(description: "no two ports in a row are free")
    }
}
