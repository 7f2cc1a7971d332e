import Control
import Foundation
import JSON
import Testing

/// Plugins in C, made for a test with nothing but the header.
extension DaemonUnderTest {
    static let example = "Examples/c-plugin/delay.c"
    static func fixture(_ name: String) -> String { "Tests/Fixtures/plugins/\(name).c" }

    /// The repository's root, from this file's place in it.
    private static var root: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }

    /// Compiles a plugin of the repository. - Returns: the shared object.
    func build(_ source: String, _ flags: [String] = []) throws -> String {
        let output = "\(directory)/plugin-\(UUID().uuidString).so"
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/cc")
        compiler.arguments =
            ["-std=gnu11", "-shared", "-fPIC", "-O1", "-pthread"] + flags + [
                "-I\(Self.root)/Sources/CParleyTransport/include", "-o", output,
                "\(Self.root)/\(source)",
            ]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0)
        return output
    }

    /// Builds a plugin, drops it in, and waits until the daemon serves it.
    func add(_ id: String, _ source: String, _ flags: [String] = []) throws {
        try install(plugin: build(source, flags), as: "\(id).so")
        let client = try client()
        try until("\(id) is served") {
            (try? client.call("transports.describe", ["transport": .string(id)]))?["state"]
                == "available"
        }
    }

    /// The hosts that have a plugin's file loaded, by process id.
    func hosts(of file: String) -> [pid_t] {
        let path = "\(transportDirectory)/\(file)"
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.filter { pid in
            let name = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
            guard name?.hasPrefix("parley-host") == true else { return false }
            return Self.maps(of: pid).contains(path)
        }
    }

    /// The kernel gives the map of a process in pieces, and Foundation takes the first for the whole.
    static func maps(of pid: pid_t) -> String {
        let fd = open("/proc/\(pid)/maps", O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return "" }
        defer { close(fd) }
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(fd, &piece, piece.count), count > 0 {
            all += piece.prefix(count)
        }
        return String(decoding: all, as: UTF8.self)
    }

    /// What the kernel tells of a process, or of one thread of it.
    static func status(of pid: pid_t, _ thread: String? = nil) -> [String: String] {
        let path = thread.map { "/proc/\(pid)/task/\($0)/status" } ?? "/proc/\(pid)/status"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        var status: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            status[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        return status
    }

    /// How many filters of system calls a process is under.
    static func filters(of pid: pid_t) throws -> Int {
        try #require(Int(status(of: pid)["Seccomp_filters"] ?? ""), "Linux 5.9 or later")
    }

    /// Whether the process is there and not just waits to be buried.
    static func isRunning(_ pid: pid_t) -> Bool {
        status(of: pid)["State"].map { !$0.hasPrefix("Z") } ?? false
    }
}
