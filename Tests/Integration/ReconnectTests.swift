import Control
import Foundation
import JSON
import Testing

/// What becomes of a session when its peer lets go, by what the peer says about trying again.
@Suite(.serialized) struct ReconnectTests {
    private func create(
        _ client: ControlClient, _ options: JSONObject, reconnect: JSONValue = ["initialMs": 20]
    ) throws {
        _ = try client.call("events.subscribe", ["types": ["session_state", "session_closed"]])
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "name": "line", "wait": true,
                "local": ["kind": "stream"], "options": .object(options),
                "reconnect": reconnect,
            ])
    }

    /// The states of a session in order, up to and with `last`; the first of them is `connecting`.
    private func states(
        _ client: ControlClient, until last: String, skipping: Int = 0
    ) throws -> [JSONValue] {
        var seen: [JSONValue] = []
        while true {
            let event = try DaemonUnderTest.event("session_state", from: client)
            seen.append(event["data"] ?? .null)
            let count = seen.count { $0["state"]?.stringValue == last }
            if count > skipping { return seen }
        }
    }

    private func names(_ states: [JSONValue]) -> [String] {
        states.compactMap { $0["state"]?.stringValue }
    }

    @Test func aLostConnectionIsMadeAgainAtOnce() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        try create(client, ["disconnectAfterS": 0.1, "disconnectRetry": "now"])
        let seen = try states(client, until: "connected", skipping: 2)
        #expect(
            names(seen) == [
                "connecting", "connected", "reconnecting", "connected", "reconnecting",
                "connected",
            ])
        #expect(seen[2]["code"] == "connection_lost")
        #expect(seen[2]["reason"]?.stringValue?.isEmpty == false)
    }

    @Test func aBusyPeerIsAskedAgainWhenItSaid() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        try create(client, ["disconnectAfterS": 0.1, "disconnectRetry": "later"])
        #expect(try states(client, until: "reconnecting").last?["code"] == "busy")
        let lost = ContinuousClock.now
        #expect(try names(states(client, until: "connected")) == ["connected"])
        // It said a second; a little of it passed before the event was read.
        #expect(ContinuousClock.now - lost > .milliseconds(900))
    }

    @Test func aRefusalIsFinalAndSaysWhy() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        try create(client, ["disconnectAfterS": 0.1, "disconnectRetry": "never"])
        let seen = try states(client, until: "failed")
        #expect(names(seen) == ["connecting", "connected", "failed"])
        #expect(seen[2]["code"] == "refused")
        let session = try client.call("sessions.get", ["session": "line"])
        #expect(session["state"] == "failed")
        #expect(session["reason"]?.stringValue?.contains("the peer ended") == true)
        let health = try client.call("gateway.status")["health"]
        #expect(health?["ok"] == false && health?.serialized().contains("failed") == true)
        // It stays to be looked at, and may be tried anew or closed.
        _ = try client.call("sessions.restart", ["session": "line"])
        #expect(
            try names(states(client, until: "failed")) == ["connecting", "connected", "failed"])
        #expect(try client.call("sessions.close", ["session": "line"])["state"] == "closed")
        #expect(try client.call("sessions.list")["sessions"] == [])
    }

    @Test func aPeerThatHangsUpEndsTheSession() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        try create(client, ["disconnectAfterS": 0.1, "disconnectRetry": "ended"])
        let seen = try states(client, until: "closed")
        #expect(names(seen) == ["connecting", "connected", "closed"])
        #expect(seen[2]["code"] == "hung_up")
        let closed = try DaemonUnderTest.event("session_closed", from: client)
        #expect(closed["data"]?["name"] == "line")
        #expect(try client.call("sessions.list")["sessions"] == [])
        #expect(try client.call("gateway.status")["health"]?["ok"] == true)
    }

    @Test func withoutReconnectALossIsTheEnd() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        try create(client, ["disconnectAfterS": 0.1], reconnect: false)
        #expect(
            try names(states(client, until: "failed")) == ["connecting", "connected", "failed"])
    }

    @Test func theNextConnectionGetsTheConversationSoFar() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        let script: JSONValue = [
            "steps": [
                ["on": "message", "say": ["text": "Fine", "ms": 100]],
                ["on": "dtmf", "disconnect": ["retry": "now"]],
            ]
        ]
        try create(client, ["script": script])
        _ = try client.call(
            "events.subscribe", ["types": ["turn_done", "transport_event", "session_state"]])
        _ = try client.call("session.sendMessage", ["session": "line", "message": "How are you?"])
        _ = try DaemonUnderTest.event("turn_done", from: client)
        let before = try client.call("sessions.get", ["session": "line"])["history"]
        #expect(before?.arrayValue?.count == 2, "\(before ?? .null)")
        _ = try? client.call("session.sendDtmf", ["session": "line", "digits": "1"])
        let greeting = try DaemonUnderTest.event("transport_event", from: client) {
            $0["data"]?["type"] == "session.created" && $0["data"]?["resumed"] == true
        }
        #expect(greeting["data"]?["items"] == 2, "the peer got both items back")
        try daemon.until("it is connected again") {
            try client.call("sessions.get", ["session": "line"])["state"] == "connected"
        }
        let kept = try client.call("sessions.get", ["session": "line"])["history"]
        #expect(ids(kept) == ids(before))
        // The conversation goes on behind what there was.
        _ = try client.call("session.sendMessage", ["session": "line", "message": "And now?"])
        _ = try DaemonUnderTest.event("turn_done", from: client)
        let after = try client.call("sessions.get", ["session": "line"])["history"]
        #expect(ids(after).count == 4 && Array(ids(after).prefix(2)) == ids(before))
    }

    /// Items keep their ids; of the text of one that was cut off only what was heard stays.
    private func ids(_ history: JSONValue?) -> [String] {
        (history?.arrayValue ?? []).compactMap { $0["itemId"]?.stringValue }
    }
}
