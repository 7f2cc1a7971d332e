import Foundation
import Testing

/// An HTTP proxy that knows CONNECT (RFC 9110 section 9.3.6) and leads every tunnel to one port.
final class TunnelProxy: @unchecked Sendable {
    // Sendable: the lock guards the heads; the rest does not change.
    private let lock = NSLock()
    private var seen: [String] = []
    private let listener: Int32
    private let target: Int
    private let answer: String
    private(set) var port = 0

    /// - Parameter answer: the status line; other than 200 there is no tunnel.
    init(to target: Int, answer: String = "HTTP/1.1 200 Connected") throws {
        self.target = target
        self.answer = answer
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let status = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size) | listen(listener, 8)
                    | getsockname(listener, pointer, &size)
            }
        }
        try #require(status == 0)
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            while case let client = accept(listener, nil, nil), client >= 0 {
                guard let self else { break }
                self.serve(client)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// What clients asked, first lines and headers.
    var heads: [String] { lock.withLock { seen } }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private func serve(_ client: Int32) {
        var head = ""
        var byte: UInt8 = 0
        while !head.hasSuffix("\r\n\r\n"), recv(client, &byte, 1, 0) == 1 {
            head.unicodeScalars.append(Unicode.Scalar(byte))
        }
        lock.withLock { seen.append(head) }
        let text = Array("\(answer)\r\n\r\n".utf8)
        send(client, text, text.count, Int32(MSG_NOSIGNAL))
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(target)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard answer.contains(" 200 "), status == 0 else {
            close(server)
            close(client)
            return
        }
        let ends = DispatchGroup()
        for (from, to) in [(client, server), (server, client)] {
            ends.enter()
            Thread.detachNewThread {
                var buffer = [UInt8](repeating: 0, count: 16_384)
                while case let count = recv(from, &buffer, buffer.count, 0), count > 0,
                    send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count
                {}
                shutdown(to, Int32(SHUT_WR))
                ends.leave()
            }
        }
        ends.notify(queue: .global()) {
            close(client)
            close(server)
        }
    }
}
