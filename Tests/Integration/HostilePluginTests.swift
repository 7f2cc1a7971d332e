import Control
import ControlProtocol
import Foundation
import JSON
import Testing

/// A plugin that says what is not its to say, and what the daemon makes of it. The digits tell it what to do.
@Suite(.serialized) struct HostilePluginTests {
    private static func daemon() throws -> (DaemonUnderTest, ControlClient) {
        let daemon = try DaemonUnderTest()
        try daemon.add("hostile", DaemonUnderTest.fixture("hostile"))
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            ["transport": "hostile", "name": "line", "wait": true, "local": ["kind": "stream"]])
        return (daemon, client)
    }

    private static func misbehave(_ digits: String, _ client: ControlClient) throws {
        _ = try client.call(
            "session.sendDtmf", ["session": "line", "digits": .string(digits)])
    }

    @Test func eventsOfTheDaemonAreNotThePluginsToTell() throws {
        let (daemon, client) = try Self.daemon()
        _ = try client.call(
            "events.subscribe",
            ["types": .array(EventType.allCases.map { .string($0.rawValue) })])
        try Self.misbehave("1", client)
        // What it may tell comes behind what it may not.
        var types: Set<String> = []
        while true {
            let event = try client.nextEvent(timeout: .seconds(60))
            let type = event["type"]?.stringValue ?? ""
            if type == "dtmf" { break }
            types.insert(type)
            #expect(!event.serialized().contains("forged"), "\(event)")
        }
        #expect(types.subtracting(["levels"]) == [])
        #expect(daemon.log.contains("event session_state: only the daemon tells it"))
        #expect(try client.call("sessions.get", ["session": "line"])["state"] == "connected")
    }

    @Test func onlySecretsOfTheSchemaAreAskedForOrTaken() throws {
        let (daemon, client) = try Self.daemon()
        _ = try client.call("events.subscribe", ["types": ["secret_needed", "dtmf"]])
        try Self.misbehave("2", client)
        #expect(try client.nextEvent(timeout: .seconds(60))["type"] == "dtmf")
        #expect {
            _ = try client.call(
                "session.provideSecret", ["session": "line", "name": "name-1", "value": "x"])
        } throws: { "\($0)".contains("transport hostile has no secret name-1") }
        #expect(daemon.log.contains("asked for the secret name-0, which its schema does not have"))
    }

    @Test func junkOnTheAudioSocketEndsTheHost() throws {
        let (daemon, client) = try Self.daemon()
        _ = try client.call("events.subscribe", ["types": ["session_state"]])
        try? Self.misbehave("3", client)
        let lost = try DaemonUnderTest.event("session_state", from: client) {
            $0["data"]?["state"] == "reconnecting"
        }
        let reason = lost["data"]?["reason"]?.stringValue ?? ""
        #expect(reason.contains("broke its protocol: a packet on the audio socket"), "\(reason)")
        _ = try DaemonUnderTest.event("session_state", from: client) {
            $0["data"]?["state"] == "connected"
        }
        let families = try client.call("gateway.metrics").serialized()
        #expect(families.contains("violation"))
        #expect(daemon.process.isRunning)
    }
}
