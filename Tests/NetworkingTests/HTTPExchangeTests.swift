import FakeTransportHost
import Foundation
import HTTP
import Networking
import ParleyTransport
import ScriptedHTTPServer
import Testing
import WebSocket

@Suite struct HTTPExchangeTests {
    /// How it went, on a real loop and real sockets.
    private func exchange(
        _ request: HTTPRequest, _ change: (inout HTTPExchange.Settings) -> Void = { _ in }
    ) throws -> Result<HTTPExchange.Answer, ExchangeFault> {
        var settings = HTTPExchange.Settings()
        settings.proxies = nil
        change(&settings)
        let outcome = Outcome()
        nonisolated(unsafe) let given = settings
        try FakeTransportHost.withLoop { host, loop in
            let exchange = try HTTPExchange(request, settings: given, loop: loop) {
                outcome.result = $0
            }
            try withExtendedLifetime(exchange) {
                #expect(outcome.result == nil, "it told before it was there")
                try #require(host.run { outcome.result != nil })
            }
        }
        return try TransportActor.assumeIsolated { try #require(outcome.result) }
    }

    @TransportActor private final class Outcome {
        var result: Result<HTTPExchange.Answer, ExchangeFault>?
        nonisolated init() {}
    }

    private func fault(
        _ result: Result<HTTPExchange.Answer, ExchangeFault>
    ) -> ExchangeFault? {
        if case .failure(let fault) = result { fault } else { nil }
    }

    @Test func aRequestIsAnswered() throws {
        let server = try ScriptedHTTPServer { message in
            .response(
                HTTPResponse(201, "Created", headers: [("Location", "r/1")], body: message.body))
        }
        let body = [UInt8](repeating: 7, count: 200_000)
        let request = HTTPRequest("POST", try server.url("/a/b"), body: body)
        let answer = try exchange(request).get()
        #expect(answer.message.status == 201)
        #expect(answer.message.body == body)
        #expect(try answer.url.resolving(answer.message.head["location"] ?? "").target == "/a/r/1")
        #expect(server.requests.map(\.head.target) == ["/a/b"])
    }

    @Test func anAnswerThatEndsWithItsConnectionIsTaken() throws {
        let server = try ScriptedHTTPServer { _ in .bytes(Array("HTTP/1.0 200 OK\r\n\r\nv=0".utf8))
        }
        let answer = try exchange(HTTPRequest("GET", try server.url("/"))).get()
        #expect(answer.message.body == Array("v=0".utf8))
    }

    @Test func redirectsKeepMethodAndBodyButNotTheKey() throws {
        let other = try ScriptedHTTPServer { _ in .response(HTTPResponse(200, "OK")) }
        let elsewhere = try other.url("/there").description
        let server = try ScriptedHTTPServer { message in
            let next = message.head.target == "/1" ? "2" : elsewhere
            return .response(
                HTTPResponse(
                    message.head.target == "/1" ? 307 : 308, "Over there",
                    headers: [("Location", next)]))
        }
        let request = HTTPRequest(
            "POST", try server.url("/1"), authorization: "Bearer k", body: [1, 2, 3])
        let answer = try exchange(request).get()
        #expect(answer.url.description == elsewhere)
        #expect(server.requests.map { $0.head["authorization"] } == ["Bearer k", "Bearer k"])
        #expect(other.requests.map { $0.head["authorization"] } == [nil])
        #expect(other.requests.map(\.body) == [[1, 2, 3]])
        #expect(other.requests.map(\.head.method) == ["POST"])
    }

    @Test func redirectsThatAreNotSafeAreNotFollowed() throws {
        let answers = ["https://127.0.0.1:1/", "/", "ftp://x/"]
        let reasons = ["another scheme", "over 5 times", "no URL"]
        for (location, reason) in zip(answers, reasons) {
            let server = try ScriptedHTTPServer { _ in
                .response(HTTPResponse(307, "X", headers: [("Location", location)]))
            }
            let result = try exchange(HTTPRequest("POST", try server.url("/"), body: []))
            #expect(fault(result)?.description.contains(reason) == true, "\(result)")
        }
        let server = try ScriptedHTTPServer { _ in
            .response(HTTPResponse(302, "Found", headers: [("Location", "/x")]))
        }
        let answer = try exchange(HTTPRequest("POST", try server.url("/"), body: [])).get()
        #expect(answer.message.status == 302)
    }

    @Test func aServerThatSaysNothingIsWaitedForSoLongOnly() throws {
        let server = try ScriptedHTTPServer { _ in .silence }
        let result = try exchange(HTTPRequest("GET", try server.url("/"))) {
            $0.answerLimit = .milliseconds(50)
        }
        #expect(fault(result) == .link(.timeout(.answer)))
    }

    @Test func aServerThatHangsUpIsTold() throws {
        let server = try ScriptedHTTPServer { _ in
            .bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nv=0".utf8))
        }
        let result = try exchange(HTTPRequest("GET", try server.url("/")))
        #expect(fault(result) == .http(.ended))
    }

    @Test func anAnswerThatIsTooLongIsTold() throws {
        let server = try ScriptedHTTPServer { _ in
            .response(HTTPResponse(200, "OK", body: [UInt8](repeating: 0, count: 2_000)))
        }
        let result = try exchange(HTTPRequest("GET", try server.url("/"))) {
            $0.maximumBodyBytes = 1_000
        }
        #expect(fault(result) == .http(.tooLong(limit: 1_000)))
    }

    @Test func noServerIsTold() throws {
        var server: ScriptedHTTPServer? = try ScriptedHTTPServer { _ in .silence }
        let url = try #require(try server?.url("/"))
        server = nil
        let result = try exchange(HTTPRequest("GET", url))
        switch fault(result) {
        // The thread may still be in accept(2) when the request comes; then it is hung up on.
        case .link(.connect), .http(.ended), .link(.broken): break
        case let other: Issue.record("\(String(describing: other))")
        }
    }

    @Test func aProxyIsAskedForATunnel() throws {
        let proxy = try ScriptedHTTPServer { _ in
            .response(HTTPResponse(407, "Proxy Authentication Required"))
        }
        let port = proxy.port
        let request = HTTPRequest(
            "POST", try HTTPURL("https://example.org/x"), authorization: "Bearer k", body: [1])
        let result = try exchange(request) {
            $0.proxies = ProxyEnvironment {
                $0 == "https_proxy" ? "http://user:word@127.0.0.1:\(port)" : nil
            }
        }
        #expect(fault(result) == .proxy(status: 407, reason: "Proxy Authentication Required"))
        let asked = try #require(proxy.requests.first)
        #expect(asked.head.method == "CONNECT")
        #expect(asked.head.target == "example.org:443")
        #expect(asked.head["proxy-authorization"] == "Basic dXNlcjp3b3Jk")
        #expect(asked.head["authorization"] == nil)
    }

    @Test func certificatesAreChecked() throws {
        let directory = NSTemporaryDirectory() + "parley-http-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "key", "-out", "certificate", "-days", "2", "-subj", "/CN=x", "-addext",
            "subjectAltName=IP:127.0.0.1",
        ]
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let server = try ScriptedHTTPServer(
            identity: .init(certificate: "\(directory)/certificate", key: "\(directory)/key")
        ) { .response(HTTPResponse(200, "OK", body: $0.body)) }
        let request = HTTPRequest(
            "POST", try server.url("/", secure: true), authorization: "Bearer k", body: [9])
        let refused = try exchange(request)
        guard case .tls(let reason) = fault(refused) else {
            Issue.record("\(refused)")
            return
        }
        #expect(reason.kind == .selfSigned)
        #expect(server.requests.isEmpty)
        let answer = try exchange(request) {
            $0.certificateAuthorities = try? TLSContext(
                certificateAuthorities: "\(directory)/certificate")
        }.get()
        #expect(answer.message.body == [9])
    }
}
