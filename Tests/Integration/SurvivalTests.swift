import Control
import Foundation
import JSON
import Testing

/// Reloads and deaths with sessions running; `make bench PARTS=service` does the full counts.
@Suite(.serialized) struct SurvivalTests {
    private static let local: JSONValue = ["kind": "stream"]

    @Test func reloadingDropsNoSound() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        for _ in 0..<4 {
            _ = try client.call(
                "sessions.create",
                ["transport": "loopback", "local": Self.local, "wait": true])
        }
        for _ in 0..<50 { _ = try client.call("gateway.reload") }
        for name in ["s1", "s2", "s3", "s4"] {
            let session = try client.call("sessions.get", ["session": .string(name)])
            #expect(session["state"] == "connected")
            let statistics = "\(session)"
            #expect(!statistics.contains("\"outages\":1"), "\(statistics)")
        }
        let metrics = "\(try client.call("gateway.metrics"))"
        #expect(!metrics.isEmpty)
    }

    @Test func afterAKillTheNextStartIsCleanAndNobodyIsLeft() throws {
        let daemon = try DaemonUnderTest()
        for round in 0..<5 {
            let client = try daemon.client()
            for _ in 0..<4 {
                // Not waited for: death comes at any moment.
                _ = try client.call(
                    "sessions.create", ["transport": "loopback", "local": Self.local])
            }
            usleep(UInt32(round) * 7_000)
            let plugin = "loopback.so"
            let hosts = daemon.hosts(of: plugin)
            try daemon.killAndRestart()
            _ = try daemon.client().call("gateway.info")
            try daemon.until("the old hosts are gone") {
                Set(daemon.hosts(of: plugin)).isDisjoint(with: hosts)
            }
        }
        #expect(daemon.end() == 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: daemon.runtimeDirectory)
        #expect(left.filter { $0.hasSuffix(".sock") } == [])
    }
}
