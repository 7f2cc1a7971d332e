import Control
import EventLoop
import Glibc
import JSON
import Testing

/// A blocking client that can also misbehave. Waits 20 s at most, which no sane run needs.
final class Client {
    let fd: CInt
    private var bytes: [UInt8] = []

    convenience init(_ path: String) throws {
        let fd = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = try #require(UnixAddress(path))
        try #require(address.connect(fd) == 0)
        self.init(owning: fd)
    }

    /// Two ends that are connected: the near one is for a server.
    static func pair() throws -> (near: FileDescriptor, far: Client) {
        var ends: [CInt] = [0, 0]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        return (FileDescriptor(owning: ends[0]), Client(owning: ends[1]))
    }

    private init(owning fd: CInt) {
        self.fd = fd
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(fd) }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                return Glibc.send(fd, rest.baseAddress, rest.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// The next line; nil at the end of the stream.
    func line() throws -> JSONValue? {
        while true {
            if let end = bytes.firstIndex(of: 10) {
                defer { bytes.removeFirst(end + 1) }
                return try JSONValue(parsing: bytes[..<end])
            }
            var room = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(fd, &room, room.count, 0)
            if count < 0, errno == EAGAIN { throw Silence() }
            guard count > 0 else { return nil }
            bytes += room[..<count]
        }
    }

    struct Silence: Error {}

    func request(_ id: Int64, _ method: String, _ parameters: JSONValue = [:]) {
        let request: JSONValue = [
            "jsonrpc": "2.0", "id": .integer(id), "method": .string(method), "params": parameters,
        ]
        send(request.serialized() + "\n")
    }

    func call(_ method: String, _ parameters: JSONValue = [:]) throws -> JSONValue {
        request(1, method, parameters)
        return try #require(try line())
    }
}

extension JSONValue {
    var errorNumber: Int64? { self["error"]?["code"]?.integerValue }
    var errorCode: String? { self["error"]?["data"]?["code"]?.stringValue }
    var errorMessage: String { self["error"]?["message"]?.stringValue ?? "" }
}
