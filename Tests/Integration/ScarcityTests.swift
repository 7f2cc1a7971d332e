import Control
import Foundation
import JSON
import Testing

/// What runs out on a machine: file descriptors, room on the disk.
@Suite(.serialized) struct ScarcityTests {
    private func limitDescriptors(_ daemon: DaemonUnderTest, to limit: String) throws {
        let program = Process()
        program.executableURL = URL(fileURLWithPath: "/usr/bin/prlimit")
        program.arguments = ["--pid", "\(daemon.process.processIdentifier)", "--nofile=\(limit)"]
        try program.run()
        program.waitUntilExit()
        try #require(program.terminationStatus == 0)
    }

    private let stream: JSONObject = [
        "transport": "loopback", "local": ["kind": "stream"], "wait": true,
        "options": ["mode": "tone", "packets": true],
    ]

    @Test func withoutDescriptorsTheDaemonSaysSoAndComesBack() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        var line = stream
        line["name"] = "line"
        _ = try client.call("sessions.create", line)
        try daemon.add("delay", DaemonUnderTest.example, ["-DVERSION=\"1.0.0\""])
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        let pid = daemon.process.processIdentifier
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
        // The listing of the directory itself and what comes and goes leave two or three at most.
        try limitDescriptors(daemon, to: "\(open):4096")

        // Another plugin needs a host, which needs five descriptors in the daemon.
        #expect {
            try client.call(
                "sessions.create",
                ["transport": "delay", "local": ["kind": "stream"], "wait": true])
        } throws: { error in
            "\(error)".contains("no descriptors are left") && "\(error)".contains("LimitNOFILE=")
        }
        // More clients than there is room for wait; those who are there are served.
        var waiting: [ControlClient] = []
        for _ in 0..<8 { waiting.append(try daemon.client()) }
        try daemon.until("it is said") { daemon.log.contains("errno 24") }
        #expect(try client.call("gateway.info")["product"] == "parley")
        #expect(program.read(samples: 12_000).contains { abs($0) > 1_000 })
        #expect(try client.call("sessions.get", ["session": "line"])["state"] == "connected")

        try limitDescriptors(daemon, to: "1024:4096")
        for waiting in waiting {
            #expect(try waiting.call("gateway.info")["product"] == "parley")
        }
        _ = try client.call(
            "sessions.create",
            ["transport": "delay", "local": ["kind": "stream"], "wait": true])
        #expect(daemon.end() == 0)
    }

    @Test func aFullDiskCostsTheCacheAndNothingElse() throws {
        let daemon = try DaemonUnderTest(
            wrapper: """
                mount -t tmpfs -o size=4k,mode=700 none "$XDG_CACHE_HOME" &&
                head -c 4096 /dev/zero > "$XDG_CACHE_HOME/full"
                """)
        try daemon.until("it is said") { daemon.log.contains("can't be written: errno 28") }
        let client = try daemon.client()
        var line = stream
        line["name"] = "line"
        _ = try client.call("sessions.create", line)
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        #expect(program.read(samples: 12_000).contains { abs($0) > 1_000 })
        try daemon.add("delay", DaemonUnderTest.example, ["-DVERSION=\"1.0.0\""])
        #expect(try client.call("gateway.status")["health"]?["ok"] == true)
        #expect(daemon.end() == 0)
    }
}
