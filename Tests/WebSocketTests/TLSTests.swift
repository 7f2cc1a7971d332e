import Foundation
import HTTP
import Testing
import WebSocket

/// Real certificates, made by openssl(1), between a client and a server in memory.
@Suite struct TLSTests {
    /// A directory of certificates, removed with the test.
    final class Authority {
        let directory: String

        init() throws {
            directory = NSTemporaryDirectory() + "parley-tls-\(UUID().uuidString)"
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
            try openssl(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Parley test")
        }

        deinit { try? FileManager.default.removeItem(atPath: directory) }

        func openssl(_ arguments: String...) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = arguments
            process.currentDirectoryURL = URL(fileURLWithPath: directory)
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "openssl \(arguments)")
        }

        /// A server's context with a certificate for `name`.
        func server(
            _ name: String = "DNS:voice.test", days: Int = 1, maximumVersion: CInt? = nil
        ) throws -> TLSContext {
            try "subjectAltName=\(name)\n".write(
                toFile: "\(directory)/san", atomically: true, encoding: .utf8)
            try openssl(
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "server.key", "-out", "server.csr", "-subj", "/CN=server")
            try openssl(
                "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "\(days)", "-extfile", "san", "-out", "server.pem")
            return try TLSContext(
                certificate: "\(directory)/server.pem", key: "\(directory)/server.key",
                maximumVersion: maximumVersion)
        }

        /// A client's context that trusts the authority.
        func client() throws -> TLSContext {
            try TLSContext(certificateAuthorities: "\(directory)/ca.pem")
        }
    }

    private func request(_ url: String, _ tls: TLSContext) throws -> WebSocketConnection.Request {
        var request = WebSocketConnection.Request(try WebSocketURL(url))
        request.tls = tls
        request.headers = [("Authorization", "Bearer canary")]
        return request
    }

    @Test(arguments: [1, 65_536])
    func messagesGoThroughTLSInPiecesOfAnySize(_ pieceBytes: Int) throws {
        let authority = try Authority()
        let pair = try Pair(
            try request("wss://voice.test/", try authority.client()),
            serverTLS: try authority.server(), pieceBytes: pieceBytes)
        pair.run()
        pair.client.sendText("hello")
        pair.client.sendText(String(repeating: "y", count: 100_000))
        pair.run()
        pair.client.close(code: 1000, reason: "")
        pair.run()
        #expect(pair.serverHead?["authorization"] == "Bearer canary")
        #expect(pair.clientLog == ["opened", "text hello", "text of 100000", "closed 1000 "])
    }

    @Test func anAddressIsVerifiedToo() throws {
        let authority = try Authority()
        let pair = try Pair(
            try request("wss://127.0.0.1/", try authority.client()),
            serverTLS: try authority.server("IP:127.0.0.1"))
        pair.run()
        #expect(pair.clientLog == ["opened"])
    }

    /// - Returns: the client's only event.
    private func refusal(
        _ authority: Authority, client: TLSContext, server: TLSContext
    ) throws -> String {
        let pair = try Pair(try request("wss://voice.test/", client), serverTLS: server)
        pair.run()
        #expect(pair.serverHead == nil, "the key must never be sent")
        #expect(pair.clientLog.count == 1)
        return pair.clientLog.first ?? ""
    }

    @Test func anExpiredCertificateIsRefused() throws {
        let authority = try Authority()
        let why = try refusal(
            authority, client: try authority.client(), server: try authority.server(days: -1))
        #expect(why.contains("certificate has expired"), "\(why)")
    }

    @Test func aCertificateForAnotherHostIsRefused() throws {
        let authority = try Authority()
        let why = try refusal(
            authority, client: try authority.client(),
            server: try authority.server("DNS:other.test"))
        #expect(why.contains("hostname mismatch"), "\(why)")
    }

    @Test func anUnknownRootIsRefused() throws {
        let authority = try Authority()
        let why = try refusal(
            authority, client: try TLSContext(), server: try authority.server())
        #expect(why.contains("unable to get local issuer"), "\(why)")
    }

    @Test func aSelfSignedCertificateIsRefused() throws {
        let authority = try Authority()
        let server = try TLSContext(
            certificate: "\(authority.directory)/ca.pem", key: "\(authority.directory)/ca.key")
        let why = try refusal(authority, client: try TLSContext(), server: server)
        #expect(why.contains("self-signed"), "\(why)")
    }

    @Test func tls11IsRefused() throws {
        let authority = try Authority()
        let why = try refusal(
            authority, client: try authority.client(),
            server: try authority.server(maximumVersion: 0x0302))
        #expect(why.contains("no version of TLS that is safe"), "\(why)")
    }

    @Test func aServerWithoutTLSIsSaidToFailInTLS() throws {
        let authority = try Authority()
        let pair = try Pair(try request("wss://voice.test/", try authority.client()))
        pair.serverSends("HTTP/1.1 400 Bad Request\r\n\r\n")
        #expect(pair.clientLog.count == 1)
        #expect(pair.clientLog[0].contains("TLS failed"), "\(pair.clientLog)")
    }

    @Test func aFileThatHoldsNoAuthorityIsAnError() {
        #expect(throws: TLSFault.self) { try TLSContext(certificateAuthorities: "/dev/null") }
    }
}
