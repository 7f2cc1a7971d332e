import Foundation

/// A Unix socket for datagrams in a directory of its own, as the service manager and the journal listen on.
final class DatagramInbox {
    let directory: String
    var path: String { "\(directory)/socket" }
    private let socket: Int32

    init() throws {
        var template = Array("/tmp/parley-inbox-XXXXXX".utf8CString)
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

    /// Takes all that has come, waiting for at most `ms` for the first of it.
    func take(waitingMs ms: Int32 = 0) -> [ArraySlice<UInt8>] {
        var ready = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, ms) > 0 else { return [] }
        var taken: [ArraySlice<UInt8>] = []
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT)), count > 0 {
            taken.append(bytes[..<count])
        }
        return taken
    }
}
