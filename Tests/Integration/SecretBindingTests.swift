import Control
import Foundation
import JSON
import Testing

/// A secret of config is for the servers that config names, whatever a client says.
@Suite(.serialized) struct SecretBindingTests {
    @Test func aPasswordIsForTheConfiguredTURNServersAlone() throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("parley-test-\(UUID())")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appendingPathComponent("turn")
        try Data("\(DaemonUnderTest.canary)-turn".utf8).write(to: file)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: file.path)
        let sessions = try WebRTCSessions(
            config: """
                [transports.webrtc]
                turnServers = ["turn:127.0.0.1:1"]
                turnPassword = { file = "\(file.path)" }
                """)
        let manual: JSONObject = ["signalling": "manual"]
        try sessions.create("own", manual)
        try sessions.create(
            "other", manual.merging(["turnServers": ["turn:127.0.0.1:2"]]))

        let asked = try Story(sessions.client).until("secret_needed")
        let other = try sessions.client.call("sessions.get", ["session": "other"])
        #expect(asked["session"] == other["session"])
        #expect(asked["data"]?["name"] == "turnPassword")
        #expect(
            sessions.daemon.log.contains(
                "turnPassword is for the configured turnServers alone"))
    }
}
