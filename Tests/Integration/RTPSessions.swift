import Control
import JSON
import Testing

/// A daemon with sessions of plain RTP, each with a program as its local leg.
struct RTPSessions {
    /// Of the programs.
    static let rate = 16_000

    let daemon: DaemonUnderTest
    let client: ControlClient

    init(config: String = "") throws {
        daemon = try DaemonUnderTest(config: config)
        try daemon.install(
            plugin: "\(DaemonUnderTest.buildDirectory)/libwebrtc.so", as: "webrtc.so")
        client = try daemon.client()
        _ = try client.call("events.subscribe")
    }

    /// - Returns: where the session takes packets.
    func create(_ name: String, _ options: JSONObject) throws -> String {
        _ = try client.call(
            "sessions.create",
            [
                "transport": "webrtc", "name": .string(name), "wait": true,
                "local": ["kind": "stream", "rate": .integer(Int64(Self.rate))],
                "options": .object(options),
            ])
        // Where it listens is told as a raw event; later in the statistics too.
        let bound = try DaemonUnderTest.event("transport_event", from: client)
        return try #require(bound["data"]?["localAddress"]?.stringValue)
    }

    /// The program of a session, which hears gaps as silence.
    func program(_ name: String) throws -> AudioProgram {
        try AudioProgram(daemon, request: #"{"session":"\#(name)","continuous":true}"#)
    }

    /// What the plugin counted.
    func statistics(_ name: String) throws -> JSONValue? {
        try client.call("sessions.get", ["session": .string(name)])["peerStatistics"]
    }

    /// Two sessions in a call with each other.
    struct Pair {
        let sessions: RTPSessions
        /// Where the near end takes packets.
        let address: String
        let near: AudioProgram
        let far: AudioProgram

        var daemon: DaemonUnderTest { sessions.daemon }
        var client: ControlClient { sessions.client }
    }

    /// The near end waits for whoever comes; the far end knows the address.
    static func pair(_ options: JSONObject) throws -> Pair {
        try pair(near: options, far: options)
    }

    static func pair(near: JSONObject, far: JSONObject) throws -> Pair {
        let sessions = try RTPSessions()
        var waiting = near
        waiting["latch"] = true
        let address = try sessions.create("near", waiting)
        var calling = far
        calling["remoteAddress"] = .string(address)
        _ = try sessions.create("far", calling)
        return Pair(
            sessions: sessions, address: address, near: try sessions.program("near"),
            far: try sessions.program("far"))
    }
}
