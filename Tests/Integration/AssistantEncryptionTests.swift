import Control
import Foundation
import JSON
import Testing

/// Servers that must prove who they are before they hear the key, and proxies on the way to them.
@Suite(.serialized) struct AssistantEncryptionTests {
    private static let key = "sk-canary-77ab10"

    @Test func aServerThatProvesItselfIsTalkedTo() throws {
        let authority = try TestAuthority()
        let server = try FakeServerUnderTest(authority.certificate())
        let daemon = try DaemonUnderTest(config: authority.config)
        let client = try daemon.converse(
            server.url(["say_ms": "600"]),
            options: ["apiKey": .string(Self.key), "auth": "key"])
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Hello"])
        #expect(try Speech.find(program.read(samples: 14_400), ms: 580).correlation > 0.99)
        let header = server.requests.first?["headers"]?["authorization"]
        #expect(header?.stringValue == "Bearer \(Self.key)")
    }

    enum Doubt: String, CaseIterable, Sendable {
        case expired = "certificate_expired"
        case wrongHost = "certificate_wrong_host"
        case selfSigned = "certificate_self_signed"
        case unknownRoot = "certificate_unknown_issuer"
        case oldVersion = "tls_version"

        func arguments(_ authority: TestAuthority) throws -> [String] {
            switch self {
            case .expired: try authority.certificate(days: -1)
            case .wrongHost: try authority.certificate("DNS:other.test")
            case .selfSigned: try authority.certificate(isSelfSigned: true)
            case .unknownRoot: try authority.certificate()
            case .oldVersion: try authority.certificate() + ["--tls-maximum", "1.1"]
            }
        }
    }

    @Test(arguments: Doubt.allCases) func aDoubtfulServerNeverHearsTheKey(_ doubt: Doubt) throws {
        let authority = try TestAuthority()
        let server = try FakeServerUnderTest(doubt.arguments(authority))
        let daemon = try DaemonUnderTest(config: doubt == .unknownRoot ? "" : authority.config)
        let options: JSONObject = ["apiKey": .string(Self.key), "auth": "key"]
        let client = try daemon.converse(server.url, options: options, wait: false)
        let event = try Story(client).until("session_state") { $0["data"]?["state"] == "failed" }
        #expect(event["data"]?["code"]?.stringValue == doubt.rawValue, "\(event)")
        #expect(event["data"]?["reason"]?.stringValue?.isEmpty == false)
        #expect(server.requests.isEmpty)
        #expect(!server.text.contains(Self.key) && !daemon.log.contains(Self.key))
    }

    // MARK: Proxies

    @Test func aProxyLeadsToTheServer() throws {
        let authority = try TestAuthority()
        let server = try FakeServerUnderTest(authority.certificate("DNS:voice.test"))
        let proxy = try TunnelProxy(to: server.port)
        let daemon = try DaemonUnderTest(
            config: authority.config,
            environment: ["https_proxy": "http://me:pass@127.0.0.1:\(proxy.port)"])
        let client = try daemon.converse(
            "wss://voice.test/v1/realtime",
            options: ["apiKey": .string(Self.key)])
        #expect(try client.call("sessions.get", ["session": "line"])["state"] == "connected")
        let head = try #require(proxy.heads.first)
        #expect(head.hasPrefix("CONNECT voice.test:443 HTTP/1.1\r\n"), "\(head)")
        #expect(head.contains("Basic bWU6cGFzcw=="))
        #expect(!head.contains(Self.key))
        #expect(
            server.requests.first?["headers"]?["authorization"]?.stringValue
                == "Bearer \(Self.key)")
        #expect(!daemon.log.contains("me:pass"))
    }

    @Test(arguments: [("407 Proxy Authentication Required", "failed"), ("502 No", "reconnecting")])
    func aProxyMayRefuse(_ status: String, _ state: String) throws {
        let proxy = try TunnelProxy(to: 1, answer: "HTTP/1.1 \(status)")
        let daemon = try DaemonUnderTest(
            environment: ["https_proxy": "http://127.0.0.1:\(proxy.port)"])
        let client = try daemon.converse(
            "wss://voice.test/v1/realtime", options: ["apiKey": .string(Self.key)], wait: false)
        let event = try Story(client).until("session_state") {
            $0["data"]?["state"]?.stringValue == state
        }
        #expect(event["data"]?["code"] == "proxy_refused", "\(event)")
        #expect(event["data"]?["reason"]?.stringValue?.contains(status.prefix(3)) == true)
    }
}
