import Foundation
import Glibc
import Testing

/// coturn on loopback, with a certificate for `localhost` that its own authority signed.
final class TurnServer {
    static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/turnserver")

    let port: UInt16
    let tlsPort: UInt16
    let folder: URL
    private let process = Process()

    var certificate: String { folder.appending(path: "certificate.pem").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "parley-turn-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        port = try Self.freePort()
        tlsPort = try Self.freePort()
        let key = folder.appending(path: "key.pem").path
        try Self.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
            ])
        process.executableURL = URL(filePath: "/usr/bin/turnserver")
        process.currentDirectoryURL = folder
        process.arguments = [
            "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--listening-port=\(port)",
            "--tls-listening-port=\(tlsPort)", "--lt-cred-mech", "--user=me:secret",
            "--realm=parley", "--allow-loopback-peers", "--cert=\(certificate)", "--pkey=\(key)",
            "--no-cli", "--no-dtls", "--log-file=stdout", "--simple-log",
            "--pidfile=\(folder.appending(path: "pid").path)",
            "--userdb=\(folder.appending(path: "db").path)", "--min-port=49500",
            "--max-port=49999",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try waitUntilItListens()
    }

    deinit {
        // It has its own idea of a slow end.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Its log is buffered, so its port tells.
    private func waitUntilItListens() throws {
        for _ in 0..<200 {
            if try Self.connects(to: tlsPort) { return }
            guard process.isRunning else { break }
            usleep(20_000)
        }
        Issue.record("coturn does not listen")
    }

    private static func connects(to port: UInt16) throws -> Bool {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return withLoopback(port) { connect(descriptor, $0, $1) } == 0
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        #expect(withLoopback(0) { bind(descriptor, $0, $1) } == 0)
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &length)
            }
        }
        return UInt16(bigEndian: name.sin_port)
    }

    private static func withLoopback<Result>(
        _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
