import Testing
import WebSocket

@Suite struct URLTests {
    @Test(arguments: [
        (
            "wss://api.openai.com/v1/realtime?model=x", true, "api.openai.com", 443,
            "/v1/realtime?model=x"
        ),
        ("ws://127.0.0.1:8080", false, "127.0.0.1", 8080, "/"),
        ("WSS://Host?x=1", true, "Host", 443, "/?x=1"),
        ("ws://[::1]:9/a#b", false, "::1", 9, "/a"),
        ("https://h/", true, "h", 443, "/"),
    ])
    func isTakenApart(
        _ text: String, _ isSecure: Bool, _ host: String, _ port: Int, _ target: String
    ) throws {
        let url = try WebSocketURL(text)
        #expect(url.isSecure == isSecure)
        #expect(url.host == host)
        #expect(Int(url.port) == port)
        #expect(url.target == target)
    }

    @Test(arguments: [
        "api.openai.com", "ftp://x", "wss://", "ws://h:0", "ws://h:70000", "ws://user:key@h/",
        "ws://h/a b", "ws://h\r\nX: y/",
    ])
    func isRefused(_ text: String) {
        #expect(throws: WebSocketError.self) { try WebSocketURL(text) }
    }

    @Test(arguments: [
        ("ws://127.0.0.1/", true), ("ws://127.9.8.7/", true), ("ws://[::1]/", true),
        ("ws://localhost/", true), ("ws://127.0.0.1.evil.org/", false), ("ws://10.0.0.1/", false),
        ("ws://localhost.org/", false),
    ])
    func knowsThisMachine(_ text: String, _ isLoopback: Bool) throws {
        #expect(try WebSocketURL(text).isLoopback == isLoopback)
    }

    @Test func namesItselfForTheHostHeader() throws {
        #expect(try WebSocketURL("wss://h/").hostHeader == "h")
        #expect(try WebSocketURL("ws://h:443/").hostHeader == "h:443")
        #expect(try WebSocketURL("ws://[::1]:80/").hostHeader == "[::1]")
    }
}
