import COpenSSL
import Glibc
import HTTP

/// The opening handshake of RFC 6455 section 4, both sides of it.
enum UpgradeHandshake {
    private static var guid: String { "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" }

    /// 16 random bytes in base64.
    static func makeKey() -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        getentropy(&bytes, bytes.count)
        return base64(bytes)
    }

    /// What the server makes of the client's key.
    static func accept(_ key: String) -> String {
        let text = Array((key + guid).utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        SHA1(text, text.count, &digest)
        return base64(digest)
    }

    /// RFC 4648 section 4.
    static func base64(_ bytes: [UInt8]) -> String {
        var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = EVP_EncodeBlock(&text, bytes, CInt(bytes.count))
        return String(decoding: text.prefix(Int(count)), as: UTF8.self)
    }

    /// The client's request.
    static func request(
        _ url: WebSocketURL, key: String, headers: [(name: String, value: String)]
    ) -> String {
        var text = "GET \(url.target) HTTP/1.1\r\nHost: \(url.hostHeader)\r\n"
        text += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        text += "Sec-WebSocket-Key: \(key)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        return text + "\r\n"
    }

    /// What is wrong with a response that says 101; nil when all is well. `offered` are the
    /// subprotocols of the request.
    static func fault(in head: HTTPHead, key: String, offered: [String]) -> String? {
        guard head.has("websocket", in: "upgrade"), head.has("upgrade", in: "connection") else {
            return "its answer does not upgrade to websocket"
        }
        guard head["sec-websocket-accept"] == accept(key) else {
            return "its answer is not for our key (Sec-WebSocket-Accept)"
        }
        guard head["sec-websocket-extensions"].map(\.isEmpty) ?? true else {
            return "it uses an extension that was not offered"
        }
        if let chosen = head["sec-websocket-protocol"], !offered.contains(chosen) {
            return "it chose the subprotocol \(chosen), which was not offered"
        }
        return nil
    }

    /// A server's answer to a request; an error of 4xx for what is no WebSocket.
    static func response(to head: HTTPHead, subprotocol: String?) -> Result<String, Refusal> {
        guard head.start[0] == "GET" else { return .failure(Refusal(405, "Method Not Allowed")) }
        guard head.has("websocket", in: "upgrade"), head.has("upgrade", in: "connection"),
            let key = head["sec-websocket-key"], key.utf8.count == 24
        else { return .failure(Refusal(400, "Bad Request")) }
        guard head["sec-websocket-version"] == "13" else {
            return .failure(Refusal(426, "Upgrade Required"))
        }
        var text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        text += "Connection: Upgrade\r\nSec-WebSocket-Accept: \(accept(key))\r\n"
        if let subprotocol { text += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
        return .success(text + "\r\n")
    }

    struct Refusal: Error {
        let status: Int
        let reason: String
        init(_ status: Int, _ reason: String) {
            self.status = status
            self.reason = reason
        }
    }
}
