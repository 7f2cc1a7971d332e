import Control
import Foundation
import JSON
import Testing

/// What the log lets through.
@Suite(.serialized) struct LogTests {
    @Test func aPluginThatTalksWithoutEndHoldsBackNoLineOfTheDaemon() throws {
        let daemon = try DaemonUnderTest()
        try daemon.add("hostile", DaemonUnderTest.fixture("hostile"), ["-DCHATTER=500"])
        let client = try daemon.client()
        for (name, transport) in [("talker", "hostile"), ("quiet", "loopback")] {
            _ = try client.call(
                "sessions.create",
                [
                    "transport": .string(transport), "name": .string(name),
                    "local": ["kind": "stream"], "wait": true,
                ])
        }
        try daemon.until("the log tells what it left out") {
            daemon.log.contains("lines of plugins were held back")
        }
        let lines = daemon.log.split(separator: "\n")
        #expect(lines.contains { $0.hasSuffix("session s1 is connected") }, "\(daemon.log)")
        #expect(lines.contains { $0.hasSuffix("session s2 is connected") }, "\(daemon.log)")
        #expect(lines.contains { $0.hasSuffix("session s1: chatter 1") })
        #expect(lines.count { $0.contains("chatter") } < 100)
    }
}
