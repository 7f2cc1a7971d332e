import Foundation
import Testing

/// A program on the audio socket, with plain system calls.
final class AudioProgram {
    let greeting: String
    /// The connection, closed with the object.
    let fd: Int32
    private let queue = DispatchQueue(label: "writer")

    init(_ daemon: DaemonUnderTest, request: String) throws {
        fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("\(daemon.runtimeDirectory)/audio.sock".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let fd = fd
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(fd, $0, size) }
        }
        try #require(status == 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let line = Array("\(request)\n".utf8)
        Glibc.write(fd, line, line.count)
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(fd, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        greeting = String(decoding: bytes, as: UTF8.self)
    }

    deinit {
        shutdown(fd, Int32(SHUT_RDWR))
        queue.sync {}
        close(fd)
    }

    /// Writes behind the caller's back, as the daemon takes it.
    func write(_ samples: [Int16]) {
        let fd = fd
        queue.async {
            samples.withUnsafeBytes { bytes in
                var sent = 0
                while sent < bytes.count {
                    let count = send(
                        fd, bytes.baseAddress.map { $0 + sent }, bytes.count - sent,
                        Int32(MSG_NOSIGNAL))
                    guard count > 0 else { return }
                    sent += count
                }
            }
        }
    }

    /// Waits for so many samples; fewer when the daemon falls silent for 20 s.
    func read(samples count: Int) -> [Int16] {
        var samples = [Int16](repeating: 0, count: count)
        let got = samples.withUnsafeMutableBytes { bytes in
            recv(fd, bytes.baseAddress, bytes.count, Int32(MSG_WAITALL))
        }
        return Array(samples.prefix(max(0, got) / 2))
    }

    /// Reads so many samples behind the caller's back.
    func readAside(samples count: Int) -> Reading { Reading(fd, count) }

    /// Samples on their way; ``wait()`` for them.
    final class Reading: @unchecked Sendable {
        // Sendable: the queue writes the samples, and `wait` reads them behind it.
        private var samples: [Int16]
        private let queue = DispatchQueue(label: "reader")

        fileprivate init(_ fd: Int32, _ count: Int) {
            samples = [Int16](repeating: 0, count: count)
            queue.async { [self] in
                let got = samples.withUnsafeMutableBytes { bytes in
                    recv(fd, bytes.baseAddress, bytes.count, Int32(MSG_WAITALL))
                }
                samples.removeLast(count - max(0, got) / 2)
            }
        }

        func wait() -> [Int16] { queue.sync { samples } }
    }

    /// What is there until nothing has come for 300 ms.
    func drain() -> [Int16] {
        var all: [Int16] = []
        var descriptor = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        while poll(&descriptor, 1, 300) > 0 {
            var chunk = [Int16](repeating: 0, count: 2_400)
            let got = chunk.withUnsafeMutableBytes { recv(fd, $0.baseAddress, $0.count, 0) }
            guard got > 0 else { break }
            all += chunk.prefix(got / 2)
        }
        return all
    }
}
