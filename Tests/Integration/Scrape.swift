import Foundation
import Glibc
import JSON
import Testing

/// Metrics as a scraper sees them.
struct Scrape {
    let families: [JSONValue]

    /// Asks a daemon's socket, and reads the answer with the parser of prometheus_client.
    init(_ daemon: DaemonUnderTest) throws {
        try self.init(text: Self.body(of: Self.get(daemon)))
    }

    init(text: String) throws {
        let parser = Process()
        let python = ProcessInfo.processInfo.environment["PARLEY_TEST_PYTHON"] ?? "python3"
        parser.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        parser.arguments = [python, "\(Self.fixtures)/parse_openmetrics.py"]
        let (input, output) = (Pipe(), Pipe())
        parser.standardInput = input
        parser.standardOutput = output
        try parser.run()
        input.fileHandleForWriting.write(Data(text.utf8))
        try input.fileHandleForWriting.close()
        let parsed = output.fileHandleForReading.readDataToEndOfFile()
        parser.waitUntilExit()
        try #require(parser.terminationStatus == 0, "the parser refuses:\n\(text)")
        families = try JSONValue(parsing: parsed).arrayValue ?? []
    }

    private static var fixtures: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures").path
    }

    /// The value of the sample with this name and these labels; nil when there is none.
    func value(_ name: String, _ labels: JSONObject = [:]) -> Double? {
        for sample in families.flatMap({ $0["samples"]?.arrayValue ?? [] })
        where sample["name"]?.stringValue == name {
            let has = labels.members.allSatisfy { sample["labels"]?[$0.name] == $0.value }
            if has { return sample["value"]?.numberValue }
        }
        return nil
    }

    /// Names of samples.
    var sampleNames: Set<String> {
        Set(
            families.flatMap { $0["samples"]?.arrayValue ?? [] }
                .compactMap { $0["name"]?.stringValue })
    }

    /// What is less than it was in `before`, or gone, though it is a counter.
    func falls(since before: Scrape) -> [String] {
        before.families.filter { $0["type"] == "counter" }
            .flatMap { $0["samples"]?.arrayValue ?? [] }
            .compactMap { sample in
                let name = sample["name"]?.stringValue ?? ""
                let labels = sample["labels"]?.objectValue ?? [:]
                let (old, new) = (sample["value"]?.numberValue ?? 0, value(name, labels))
                guard let new, new >= old else {
                    return "\(name) \(JSONValue.object(labels)): \(old), \(String(describing: new))"
                }
                return nil
            }
    }

    /// Names of families.
    var names: Set<String> { Set(families.compactMap { $0["name"]?.stringValue }) }

    static func body(of answer: String) -> String {
        guard let end = answer.range(of: "\r\n\r\n") else { return "" }
        return String(answer[end.upperBound...])
    }

    /// The whole answer to one request on metrics.sock.
    static func get(_ daemon: DaemonUnderTest, _ target: String = "/metrics") throws -> String {
        let fd = try connect(daemon)
        defer { close(fd) }
        let request = Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        _ = send(fd, request, request.count, CInt(MSG_NOSIGNAL))
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(fd, &chunk, chunk.count, 0), count > 0 {
            answer += chunk[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }

    /// A scraper that has not asked yet.
    static func connect(_ daemon: DaemonUnderTest) throws -> CInt {
        let fd = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = "\(daemon.runtimeDirectory)/metrics.sock"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0, "errno \(errno) at \(path)")
        return fd
    }
}
