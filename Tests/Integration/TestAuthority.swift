import Foundation
import Testing

/// A certificate authority of the test's own, by openssl(1), in a directory that goes with it.
final class TestAuthority {
    let directory: String
    var file: String { "\(directory)/ca.pem" }
    /// For a daemon whose assistant trusts this authority alone.
    var config: String { "[transports.openai-websocket]\ncaFile = \"\(file)\"" }

    private static let newKey = [
        "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
    ]

    init() throws {
        directory = "/tmp/parley-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try openssl(
            ["req", "-x509"] + Self.newKey
                + ["-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Parley test"])
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// A server's certificate.
    ///
    /// - Parameter days: that it is valid, from now on; below 0 it has ended.
    /// - Returns: the arguments for parley-fake-realtime.
    func certificate(
        _ name: String = "IP:127.0.0.1", days: Int = 1, isSelfSigned: Bool = false
    ) throws -> [String] {
        try "subjectAltName=\(name)\n".write(
            toFile: "\(directory)/san", atomically: true, encoding: .utf8)
        if isSelfSigned {
            try openssl(
                ["req", "-x509"] + Self.newKey + [
                    "-keyout", "server.key", "-out", "server.pem", "-days", "\(days)", "-subj",
                    "/CN=server", "-addext", "subjectAltName=\(name)",
                ])
        } else {
            try openssl(
                ["req"] + Self.newKey
                    + ["-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server"])
            try openssl([
                "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "\(days)", "-extfile", "san", "-out", "server.pem",
            ])
        }
        return ["--certificate", "\(directory)/server.pem", "--key", "\(directory)/server.key"]
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments)")
    }
}
