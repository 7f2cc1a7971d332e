import Control
import Foundation
import Glibc
import JSON
import Testing

/// Metrics of a daemon with sessions, read by a foreign parser.
@Suite(.serialized) struct MetricsTests {
    private func makeLine(_ name: String?, _ client: ControlClient) throws {
        var parameters: JSONObject = [
            "transport": "loopback", "wait": true, "local": ["kind": "stream", "rate": 24_000],
            "options": ["mode": "tone", "packets": true],
        ]
        if let name { parameters["name"] = .string(name) }
        _ = try client.call("sessions.create", parameters)
    }

    @Test func everyFigureIsReadByAForeignParser() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        try makeLine("hall", client)
        try makeLine(nil, client)
        let program = try AudioProgram(daemon, request: #"{"session":"hall"}"#)
        #expect(program.read(samples: 12_000).contains { abs($0) > 1_000 })

        let scrape = try Scrape(daemon)
        #expect(scrape.value("parley_sessions", ["state": "connected"]) == 2)
        #expect(scrape.value("parley_session_connected", ["session": "hall"]) == 1)
        #expect(scrape.value("parley_session_connected", ["session": "#1"]) == 1)
        #expect(scrape.value("parley_session_programs", ["session": "hall"]) == 1)
        let frames = try #require(
            scrape.value("parley_session_frames_received_total", ["session": "hall"]))
        #expect(frames > 20)
        #expect(scrape.value("parley_frames_received_total") ?? 0 >= frames)
        #expect(
            scrape.value("parley_transport_host_starts_total", ["transport": "loopback"]) == 1)
        #expect(scrape.value("process_resident_memory_bytes") ?? 0 > 1_000_000)
        #expect(scrape.value("parley_metrics_faults_total") == 0)

        // The JSON tells the same families, samples and labels.
        let json = try client.call("gateway.metrics")["families"]?.arrayValue ?? []
        #expect(Set(json.compactMap { $0["name"]?.stringValue }) == scrape.names)
        for family in json {
            let parsed = scrape.families.first { $0["name"] == family["name"] }
            #expect(parsed?["type"] == family["type"])
            #expect((parsed?["unit"]?.stringValue ?? "") == (family["unit"]?.stringValue ?? ""))
            let keys = { (family: JSONValue?) in
                (family?["samples"]?.arrayValue ?? []).map { sample in
                    let labels = sample["labels"]?.objectValue?.members ?? []
                    return "\(sample["name"] ?? .null) "
                        + labels.map { "\($0.name)=\($0.value)" }.sorted().joined()
                }
            }
            #expect(keys(parsed) == keys(family), "\(family["name"] ?? .null)")
        }
    }

    @Test func sumsOnlyGrowWhenSessionsEndAndHostsDie() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        try makeLine("hall", client)
        let program = try AudioProgram(daemon, request: #"{"session":"hall"}"#)
        _ = program.read(samples: 12_000)
        let before = try Scrape(daemon)
        for host in daemon.hosts(of: "loopback.so") { kill(host, SIGKILL) }
        try daemon.until("the session is back") {
            try Scrape(daemon).value("parley_session_outages_total", ["session": "hall"]) == 1
                && (try client.call("sessions.get", ["session": "hall"])["state"]) == "connected"
        }
        _ = try client.call("sessions.close", ["session": "hall"])
        try daemon.until("the session is gone") {
            try client.call("sessions.list")["sessions"]?.arrayValue?.isEmpty == true
        }
        let after = try Scrape(daemon)
        let falls = after.falls(since: before)
        #expect(falls.allSatisfy { $0.contains("\"session\"") }, "\(falls)")
        #expect(after.value("parley_outages_total") == 1)
        #expect(after.value("parley_outage_seconds_total") ?? 0 > 0)
        #expect(after.value("parley_sessions_closed_total") == 1)
        #expect(
            after.value(
                "parley_transport_host_deaths_total",
                ["transport": "loopback", "cause": "crashed"]) == 1)
        #expect(after.value("parley_session_info", ["session": "hall"]) == nil)
    }

    @Test func noCounterFallsWhilePacketsAreLostAndLate() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "name": "bad", "wait": true, "local": ["kind": "stream"],
                "options": [
                    "mode": "tone", "format": "opus", "lossPercent": 20, "jitterMs": 60,
                    "duplicatePercent": 10, "reorderPercent": 10, "driftPpm": 5_000,
                ],
            ])
        let program = try AudioProgram(daemon, request: #"{"session":"bad"}"#)
        var before = try Scrape(daemon)
        for _ in 0..<12 {
            _ = program.read(samples: 8_000)
            let now = try Scrape(daemon)
            let falls = now.falls(since: before)
            #expect(falls.isEmpty, "\(falls)")
            before = now
        }
        let session: JSONObject = ["session": "bad"]
        #expect(before.value("parley_session_packets_lost", session) ?? 0 > 0)
        #expect(before.value("parley_session_concealed_samples_total", session) ?? 0 > 0)
        // Of the config, and no sum of it.
        #expect(
            before.value("parley_session_jitter_buffer_target_delay_seconds", session) == 0.01)
    }

    @Test(.enabled(if: getuid() == 0)) func oneUsersHasteIsNoOthersLoss() throws {
        let daemon = try DaemonUnderTest()
        try SocketAccessTests().openFiles(of: daemon)
        func ask(as user: uid_t) throws -> String {
            try String(
                SocketAccessTests.acting(as: user) { try Scrape.get(daemon) }
                    .dropFirst(9).prefix(3))
        }
        try daemon.until("the hasty one is told to wait") { try ask(as: 70_001) == "429" }
        #expect(try ask(as: 70_002) == "200")
    }

    @Test func rudeScrapersDisturbNobody() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        try makeLine("hall", client)
        let program = try AudioProgram(daemon, request: #"{"session":"hall"}"#)
        // Some who say nothing, some who say half, one who never ends and one who asks and never reads.
        var rude: [CInt] = []
        for number in 0..<12 {
            let fd = try Scrape.connect(daemon)
            let text = number % 2 == 0 ? "GET /met" : ""
            _ = send(fd, text, text.utf8.count, CInt(MSG_NOSIGNAL))
            rude.append(fd)
        }
        defer { for fd in rude { close(fd) } }
        let endless = [UInt8](repeating: UInt8(ascii: "x"), count: 60_000)
        for fd in rude.prefix(2) {
            _ = send(fd, endless, endless.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
        }
        var slowest = Duration.zero
        for _ in 0..<50 {
            let began = ContinuousClock.now
            _ = try client.call("gateway.info")
            slowest = max(slowest, ContinuousClock.now - began)
        }
        #expect(slowest < .milliseconds(50))
        #expect(program.read(samples: 24_000).contains { abs($0) > 1_000 })
        let session = try client.call("sessions.get", ["session": "hall"])
        #expect(session["statistics"]?["framesDropped"] == 0)
        #expect(session["statistics"]?["concealedSamples"] == 0)
        // They go, and a scraper that behaves is served.
        try daemon.until("there is a place") {
            try Scrape.get(daemon).hasPrefix("HTTP/1.1 200 OK\r\n")
        }
        #expect(try Scrape.get(daemon, "/other").hasPrefix("HTTP/1.1 404 "))
    }

    @Test func theSocketIsForTheDaemonsGroupAndGoesWithIt() throws {
        let daemon = try DaemonUnderTest()
        let path = "\(daemon.runtimeDirectory)/metrics.sock"
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o660)
        #expect(daemon.end() == 0)
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
