import Foundation
import Testing

/// ffmpeg as the other end of a call, ended by its own process id with the object.
final class FFmpeg {
    private let process = Process()
    private let directory: String
    private let complaints: String

    /// - Parameters:
    ///   - sound: 16 kHz, spoken once in real time to the address; nil to be silent.
    ///   - codec: arguments that choose it.
    ///   - url: such as `rtp://127.0.0.1:5004?pkt_size=172`.
    init(speaking sound: [Int16], codec: [String], to url: String, _ more: [String] = []) throws {
        directory = try Self.makeDirectory()
        complaints = "\(directory)/log"
        let file = "\(directory)/sound"
        try sound.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: file)) }
        try start(
            Self.raw + ["-re", "-i", file, "-c:a"] + codec + ["-f", "rtp"] + more + [url])
    }

    /// - Parameters:
    ///   - description: SDP of what it is to hear.
    ///   - seconds: how much of it.
    init(hearing description: String, seconds: Double) throws {
        directory = try Self.makeDirectory()
        complaints = "\(directory)/log"
        let file = "\(directory)/session.sdp"
        try description.write(toFile: file, atomically: true, encoding: .utf8)
        try start(
            ["-protocol_whitelist", "file,udp,rtp,srtp", "-i", file, "-t", "\(seconds)"] + Self.raw
                + ["\(directory)/heard"])
    }

    private static let raw = [
        "-f", "s16le", "-ar", "\(RTPSessions.rate)", "-ac", "1",
    ]

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func makeDirectory() throws -> String {
        let directory = "/tmp/parley-ffmpeg-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        return directory
    }

    private func start(_ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ffmpeg")
        process.arguments = ["-hide_banner", "-nostdin", "-y", "-loglevel", "warning"] + arguments
        _ = FileManager.default.createFile(atPath: complaints, contents: nil)
        process.standardError = FileHandle(forWritingAtPath: complaints)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
    }

    var log: String { (try? String(contentsOfFile: complaints, encoding: .utf8)) ?? "" }

    /// What it heard, at 16 kHz, once it has heard enough.
    func heard() throws -> [Int16] {
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "ffmpeg said: \(log)")
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/heard"))
        return data.withUnsafeBytes { bytes in
            (0..<(bytes.count / 2)).map {
                Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self))
            }
        }
    }
}
