import Control
import Foundation
import JSON
import Testing

/// What is left of a secret in memory.
@Suite(.serialized) struct SecretMemoryTests {
    private static let key = "sk-canary-memory-4c1de0"

    /// How often a text is in the memory of a process that can be written. Only root may look.
    private func count(_ text: String, in pid: pid_t) throws -> Int {
        let memory = open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
        try #require(memory >= 0, "errno \(errno)")
        defer { close(memory) }
        let needle = Data(text.utf8)
        var found = 0
        for line in DaemonUnderTest.maps(of: pid).split(separator: "\n") {
            guard let match = line.firstMatch(of: /^([0-9a-f]+)-([0-9a-f]+) rw/),
                let start = Int(match.1, radix: 16), let end = Int(match.2, radix: 16)
            else { continue }
            let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 8)
            defer { room.deallocate() }
            // Pieces overlap, so that nothing hides between two.
            for place in stride(from: start, to: end, by: room.count - needle.count + 1) {
                let size = pread(memory, room.baseAddress, min(room.count, end - place), place)
                guard size > 0 else { continue }
                guard let base = room.baseAddress else { continue }
                let piece = Data(bytesNoCopy: base, count: size, deallocator: .none)
                var next = piece.startIndex
                while let hit = piece.range(of: needle, in: next..<piece.endIndex) {
                    found += 1
                    next = hit.upperBound
                }
            }
        }
        return found
    }

    @Test(.enabled(if: geteuid() == 0, "only root may look into a process that forbids it"))
    func nothingOfACredentialIsLeftInTheDaemonOnceItWasHandedOver() throws {
        let credentials = "/tmp/parley-credentials-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: credentials, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: credentials) }
        try Self.key.write(toFile: "\(credentials)/key", atomically: true, encoding: .utf8)
        let daemon = try DaemonUnderTest(
            config: "[transports.loopback]\napiKey = { credential = \"key\" }",
            environment: ["CREDENTIALS_DIRECTORY": credentials])
        let client = try daemon.client()
        for _ in 0..<3 {
            _ = try client.call(
                "sessions.create",
                [
                    "transport": "loopback", "local": ["kind": "stream"], "wait": true,
                    "options": ["needSecret": "apiKey"],
                ])
        }
        #expect(try count(Self.key, in: daemon.process.processIdentifier) == 0)
        // That it would be found if it were there: the host keeps it, to strike it from what it says.
        let host = try #require(daemon.hosts(of: "loopback.so").first)
        #expect(try count(Self.key, in: host) >= 1)
        #expect(daemon.end() == 0)
    }
}
