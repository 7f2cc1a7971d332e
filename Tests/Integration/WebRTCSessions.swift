import Control
import Foundation
import JSON
import SoundServer
import Testing

/// A daemon with sessions of the webrtc plugin that make real WebRTC calls on loopback.
struct WebRTCSessions {
    let daemon: DaemonUnderTest
    let client: ControlClient

    init(
        sound: PrivateSoundServer? = nil, config: String = "", wrapper: String? = nil
    ) throws {
        daemon = try DaemonUnderTest(sound: sound, config: config, wrapper: wrapper)
        try daemon.install(
            plugin: "\(DaemonUnderTest.buildDirectory)/libwebrtc.so", as: "webrtc.so")
        client = try daemon.client()
        _ = try client.call("events.subscribe")
    }

    func create(_ name: String, _ options: JSONObject, wait: Bool = false) throws {
        var options = options
        if options["addresses"] == nil { options["addresses"] = ["127.0.0.1"] }
        _ = try client.call(
            "sessions.create",
            [
                "transport": "webrtc", "name": .string(name), "wait": .bool(wait),
                "local": ["kind": "stream", "rate": .integer(Int64(RTPSessions.rate))],
                "options": .object(options),
            ])
    }

    /// The program of a session, which hears gaps as silence.
    func program(_ session: String) throws -> AudioProgram {
        try AudioProgram(daemon, request: #"{"session":"\#(session)","continuous":true}"#)
    }

    func event(
        _ type: String, where matches: (JSONValue) -> Bool = { _ in true }
    ) throws -> JSONValue {
        try DaemonUnderTest.event(type, from: client, where: matches)
    }

    // MARK: Listening

    /// - Returns: where browsers call, as `http://127.0.0.1:4000/`.
    func listen(_ options: JSONObject = [:]) throws -> String {
        var options = options
        options["signalling"] = "listen"
        if options["listenAddress"] == nil { options["listenAddress"] = "127.0.0.1:0" }
        try create("room", options, wait: true)
        let event = try event("transport_event") { $0["data"]?["type"] == "webrtc.listening" }
        return try #require(event["data"]?["url"]?.stringValue)
    }

    /// The session of the newest caller.
    func caller() throws -> String {
        let event = try event("session_created") { $0["data"]?["parent"] != nil }
        return try #require(event["session"]?.stringValue)
    }

    // MARK: Calls by manual signalling

    /// Two sessions, `near` and `far`, whose descriptions and candidates the test carries over.
    static func pair(_ options: JSONObject = [:]) throws -> WebRTCSessions {
        let sessions = try WebRTCSessions()
        try sessions.call(options)
        return sessions
    }

    /// Makes ``pair(_:)`` in a daemon that has no session yet.
    func call(_ options: JSONObject = [:]) throws {
        for (name, role) in [("far", "answer"), ("near", "offer")] {
            var options = options
            options["signalling"] = "manual"
            options["role"] = .string(role)
            try create(name, options)
        }
        try carry()
    }

    /// Carries descriptions and candidates until both are connected.
    ///
    /// - Parameter first: the session that was made first, and so is s1.
    func carry(first: String = "far") throws {
        var connected: Set<JSONValue> = []
        while connected.count < 2 {
            let event = try client.nextEvent(timeout: .seconds(60))
            if event["type"] == "connection_change", event["data"]?["status"] == "connected",
                let session = event["session"]
            {
                connected.insert(session)
            }
            guard event["type"] == "transport_event", let data = event["data"],
                let type = data["type"]?.stringValue, type != "webrtc.state",
                type.hasPrefix("webrtc.")
            else { continue }
            let isOfNear = (event["session"] == "s1") == (first == "near")
            let other: JSONValue = isOfNear ? "far" : "near"
            _ = try client.call("session.sendEvent", ["session": other, "event": data])
        }
    }
}
