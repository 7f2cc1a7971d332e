import Glibc
import WebSocket

/// websocket-echo URL: what an Autobahn fuzzing server calls a client under test. Asks `URL/getCaseCount`
/// how many cases there are, connects for each and gives back every message, and asks for the report.
///
/// The protocol is the module's that the plugins use; the socket here may block.
@main
enum WebSocketEcho {
    static func main() {
        guard CommandLine.arguments.count == 2 else { fail("usage: websocket-echo ws://host:port") }
        let base = CommandLine.arguments[1]
        do {
            var count = 0
            try run("\(base)/getCaseCount") { connection, event in
                if case .text(let bytes) = event {
                    count = Int(String(decoding: bytes, as: UTF8.self)) ?? 0
                }
            }
            for number in 1...max(count, 1) {
                try run("\(base)/runCase?case=\(number)&agent=parley") { connection, event in
                    switch event {
                    case .text(let bytes): connection.sendText(bytes)
                    case .binary(let bytes): connection.sendBinary(bytes)
                    default: break
                    }
                }
            }
            try run("\(base)/updateReports?agent=parley") { _, _ in }
            print("\(count) cases")
        } catch {
            fail("\(error)")
        }
    }

    static func fail(_ text: String) -> Never {
        var line = "websocket-echo: \(text)\n"
        line.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
        exit(1)
    }

    /// One connection, until it ends.
    private static func run(
        _ text: String, _ handle: (WebSocketConnection, WebSocketConnection.Event) -> Void
    ) throws {
        let url = try WebSocketURL(text)
        let connection = try WebSocketConnection(.init(url))
        let socket = try connect(to: url)
        defer { close(socket) }
        var isOver = false
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            flush(connection, socket)
            if isOver { return }
            let count = recv(socket, &buffer, buffer.count, 0)
            func tell(_ event: WebSocketConnection.Event) {
                switch event {
                case .closed, .failed: isOver = true
                default: handle(connection, event)
                }
            }
            guard count > 0 else { return connection.receiveEnd(tell) }
            buffer.withUnsafeBytes {
                connection.receive(UnsafeRawBufferPointer(rebasing: $0[..<count]), tell)
            }
        }
    }

    private static func flush(_ connection: WebSocketConnection, _ socket: CInt) {
        while !connection.outgoing.isEmpty {
            let bytes = connection.outgoing.bytes
            // MSG_NOSIGNAL
            let count = send(socket, bytes.baseAddress, bytes.count, 0x4000)
            // A peer that has gone is noticed by the next read.
            connection.sent(count > 0 ? count : bytes.count)
        }
    }

    private static func connect(to url: WebSocketURL) throws -> CInt {
        let fd = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = url.port.bigEndian
        inet_pton(AF_INET, url.host, &address.sin_addr)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { fail("\(url): \(String(cString: strerror(errno)))") }
        return fd
    }
}
