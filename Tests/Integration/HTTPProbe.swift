import Foundation
import Testing

/// A caller that sends bytes to an HTTP server and hears what comes until it hangs up.
enum HTTPProbe {
    /// - Returns: the answer, head and body.
    static func post(_ url: String, type: String, _ body: String) throws -> String {
        let parts = try #require(URL(string: url))
        return try exchange(
            url,
            """
            POST \(parts.path) HTTP/1.1\r\nHost: \(parts.host ?? ""):\(parts.port ?? 80)\r\n\
            Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\
            Connection: close\r\n\r\n\(body)
            """)
    }

    /// - Parameter url: names the server; the request is `text` as it is.
    static func exchange(_ url: String, _ text: String) throws -> String {
        let port = try #require(URL(string: url)?.port)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        try #require(status == 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let bytes = Array(text.utf8)
        _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            answer += chunk.prefix(count)
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
