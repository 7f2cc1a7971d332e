import Foundation
import Testing

/// A server of openssl(1) on this machine, with a certificate of an authority that was made for it.
final class TLSServer {
    let directory: String
    /// Of its authority.
    var authority: String { "\(directory)/ca.pem" }
    private(set) var port = 0
    private let process = Process()

    init() throws {
        directory = "/tmp/parley-doctor-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try makeAuthority("ca")
        try "subjectAltName=IP:127.0.0.1\n".write(
            toFile: "\(directory)/san", atomically: true, encoding: .utf8)
        try openssl(
            ["req"] + Self.newKey + ["-keyout", "key", "-out", "request", "-subj", "/CN=server"])
        try openssl([
            "x509", "-req", "-in", "request", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "1", "-extfile", "san", "-out", "certificate",
        ])
        try start()
    }

    deinit {
        // It has the blocked signals of the thread that started it.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static let newKey = [
        "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
    ]

    /// Makes the file `name.pem` of another authority.
    func makeAuthority(_ name: String) throws {
        try openssl(
            ["req", "-x509"] + Self.newKey + [
                "-keyout", "\(name).key", "-out", "\(name).pem", "-days", "1", "-subj",
                "/CN=\(name)",
            ])
    }

    /// It says `ACCEPT 127.0.0.1:PORT` when it listens.
    private func start() throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = [
            "s_server", "-accept", "127.0.0.1:0", "-cert", "certificate", "-key", "key",
        ]
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardInput = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = ""
        while !text.contains("\n") || !text.contains("ACCEPT ") || text.last != "\n" {
            let chunk = output.fileHandleForReading.availableData
            try #require(!chunk.isEmpty, "openssl s_server ended: \(text)")
            text += String(decoding: chunk, as: UTF8.self)
        }
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("ACCEPT ") })
        port = try #require(line.split(separator: ":").last.flatMap { Int($0) })
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
