import Control
import Foundation
import JSON
import Testing

/// Which server is talked to, and how it is asked.
@Suite(.serialized) struct AssistantServerTests {
    @Test func otherServersGetTheirOwnHeadersAndQuery() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        _ = try daemon.converse(
            server.url,
            options: [
                "auth": "key", "apiKey": "sk-canary-azure", "keyHeader": "api-key",
                "model": "voice model/2",
                "headers": ["X-Project: parley"],
            ])
        let request = try #require(server.requests.first)
        #expect(request["request"] == "/v1/realtime?model=voice%20model%2F2")
        #expect(request["headers"]?["api-key"] == "sk-canary-azure")
        #expect(request["headers"]?["authorization"] == nil)
        #expect(request["headers"]?["x-project"] == "parley")
    }

    @Test func aCallIsJoinedByItsId() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        _ = try daemon.converse(server.url, options: ["callId": "rtc_7"])
        #expect(server.requests.first?["request"] == "/v1/realtime?call_id=rtc_7")
    }

    /// A session of config, its key in a file, without any client; its transport is dropped in later.
    @Test func aConfiguredSessionStartsByItself() throws {
        let server = try FakeServerUnderTest()
        let file = "\(server.directory)/key"
        try Data("sk-canary-file".utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        let daemon = try DaemonUnderTest(
            config: """
                [transports.openai-websocket]
                url = "\(server.url)"
                auth = "key"
                apiKey = { file = "\(file)" }
                [[session]]
                name = "assistant"
                transport = "openai-websocket"
                autostart = true
                [session.local]
                kind = "stream"
                [session.sessionConfig]
                instructions = "You are the voice of this room."
                """)
        try daemon.installAssistant()
        let client = try daemon.client()
        try daemon.until("it is connected") {
            let session = try? client.call("sessions.get", ["session": "assistant"])
            return session?["state"] == "connected"
        }
        let update = server.events("client", "session.update").first
        #expect(update?["session"]?["instructions"] == "You are the voice of this room.")
        #expect(server.requests.first?["headers"]?["authorization"] == "Bearer sk-canary-file")
    }

    /// `localhost` may be ::1 first, where nobody listens.
    @Test func aNameIsLookedUpAndItsAddressesAreTried() throws {
        let authority = try TestAuthority()
        let server = try FakeServerUnderTest(authority.certificate("DNS:localhost"))
        let daemon = try DaemonUnderTest(config: authority.config)
        _ = try daemon.converse("wss://localhost:\(server.port)/v1/realtime")
        #expect(server.requests.count == 1)
    }

    @Test func aNameThatNobodyAnswersForIsGivenUpInTime() throws {
        // A name server that hears and never answers; where its port is not ours to take, there is none.
        let deaf = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(deaf) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(53).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_004D).bigEndian
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(deaf, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let daemon = try DaemonUnderTest(
            wrapper: """
                echo 'nameserver 127.0.0.77' > /tmp/parley-resolv.$$
                mount --bind /tmp/parley-resolv.$$ /etc/resolv.conf
                rm /tmp/parley-resolv.$$
                """)
        let client = try daemon.converse(
            "wss://voice.parley.test/v1/realtime",
            options: ["apiKey": "sk-canary-k", "connectTimeoutS": 0.5], reconnect: false,
            wait: false)
        let story = Story(client)
        let event = try story.until("session_state") { $0["data"]?["state"] == "failed" }
        #expect(["timeout", "host_not_found"].contains(event["data"]?["code"]), "\(event)")
        // The host is free all the same while the resolver still waits.
        let server = try FakeServerUnderTest()
        _ = try client.call(
            "sessions.create",
            [
                "transport": "openai-websocket", "name": "other", "wait": true,
                "local": ["kind": "stream"], "options": ["url": .string(server.url)],
            ])
    }

    @Test func aServerThatSaysGoodbyeEndsTheSession() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            server.url(["close_at": "input_audio_buffer.clear", "close_code": "1000"]))
        _ = try client.call(
            "session.sendEvent", ["session": "line", "event": ["type": "input_audio_buffer.clear"]])
        let event = try Story(client).until("session_state") { $0["data"]?["state"] == "closed" }
        #expect(event["data"]?["code"] == "closed_1000", "\(event)")
    }

    @Test func aClosedSessionSaysGoodbyeToItsServer() throws {
        let server = try FakeServerUnderTest()
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(server.url)
        _ = try client.call("sessions.close", ["session": "line"])
        try daemon.until("the server heard it") {
            server.lines.contains { $0["note"]?.stringValue == "closed by the client: 1000 " }
        }
    }
}
