import Foundation

/// The side of the service manager in sd_notify(3): a datagram socket that remembers what it was told.
final class FakeServiceManager {
    private let directory: String
    private let socket: Int32
    /// Messages in their order, with the time of their arrival here.
    private(set) var messages: [String] = []

    init() throws {
        var template = Array("/tmp/parley-notify-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw DaemonUnderTest.Failure(description: "mkdtemp failed, errno \(errno)")
        }
        directory = template.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
        socket = Foundation.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) }
        }
        guard bound == 0 else {
            throw DaemonUnderTest.Failure(description: "bind failed, errno \(errno)")
        }
    }

    deinit {
        close(socket)
        try? FileManager.default.removeItem(atPath: directory)
    }

    var path: String { "\(directory)/notify" }

    /// For the daemon.
    var environment: [String: String] { ["NOTIFY_SOCKET": path] }

    /// Takes what has come since, waiting for at most `ms` for the first of it.
    @discardableResult
    func listen(ms: Int32 = 0) -> [String] {
        var ready = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, ms) > 0 else { return [] }
        var fresh: [String] = []
        var bytes = [UInt8](repeating: 0, count: 8_192)
        while true {
            let count = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { break }
            fresh.append(String(decoding: bytes[..<count], as: UTF8.self))
        }
        messages += fresh
        return fresh
    }

    /// Waits for a message that fits among those that have not been passed over.
    func wait(
        for what: String, after start: Int = 0, where fits: (String) -> Bool
    ) throws -> Int {
        var next = start
        for _ in 0..<600 {
            while next < messages.count {
                if fits(messages[next]) { return next }
                next += 1
            }
            listen(ms: 100)
        }
        throw DaemonUnderTest.Failure(
            description: "the service manager was not told: \(what); it heard \(messages)")
    }
}
