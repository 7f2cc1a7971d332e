import Control
import Foundation
import HTTP
import JSON
import ScriptedHTTPServer
import Testing

/// Where the key goes: into one header of the upgrade, and nowhere else.
@Suite(.serialized) struct AssistantSecretTests {
    private static let key = "sk-canary-9f31c2"

    enum Source: String, CaseIterable, Sendable { case option, file, credential, provided }

    @Test(arguments: Source.allCases) func theKeyIsInNothingButItsHeader(_ source: Source) throws {
        let server = try FakeServerUnderTest()
        let credentials = "\(server.directory)/credentials"
        try FileManager.default.createDirectory(
            atPath: credentials, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let file = "\(credentials)/openai"
        try Data("\(Self.key)\n".utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        let place =
            switch source {
            case .file: "apiKey = { file = \"\(file)\" }"
            case .credential: "apiKey = { credential = \"openai\" }"
            case .option, .provided: ""
            }
        let daemon = try DaemonUnderTest(
            config: "[transports.openai-websocket]\nurl = \"\(server.url)\"\n\(place)",
            environment: ["CREDENTIALS_DIRECTORY": credentials])
        var options: JSONObject = ["auth": "key"]
        if source == .option { options["apiKey"] = .string(Self.key) }
        let client = try daemon.converse(server.url, options: options, wait: false)
        let story = Story(client)
        if source == .provided {
            let event = try story.until("secret_needed")
            #expect(event["data"]?["name"] == "apiKey")
            _ = try client.call(
                "session.provideSecret",
                ["session": "line", "name": "apiKey", "value": .string(Self.key)])
        }
        try story.until("session_state", count: 1) { $0["data"]?["state"] == "connected" }
        _ = try client.call("session.sendMessage", ["session": "line", "message": "Hello"])
        try story.until("turn_done")

        let headers = server.requests.map { $0["headers"] }
        #expect(headers.map { $0?["authorization"] } == [.string("Bearer \(Self.key)")])
        #expect(server.text.components(separatedBy: Self.key).count == 2, "once, in its header")
        // Where else it is looked for when the test ends: the daemon, its spawner and the transport's host.
        #expect(DaemonUnderTest.family(of: daemon.process.processIdentifier).count >= 3)
    }

    private func refusal(_ body: () throws -> Void) throws -> String {
        do {
            try body()
        } catch let error as ControlClientError {
            return "\(error)"
        }
        return ""
    }

    @Test func aKeyDoesNotLeaveTheMachineInTheClear() throws {
        let daemon = try DaemonUnderTest()
        // TEST-NET-1 (RFC 5737): nobody is there.
        let url = "ws://192.0.2.1/v1/realtime"
        let given = try refusal {
            _ = try daemon.converse(url, options: ["apiKey": .string(Self.key)])
        }
        #expect(given.contains("in the clear to ws://192.0.2.1:80"), "\(given)")
        #expect(given.contains("insecure = true in [transports.openai-websocket]"))
        #expect(!given.contains(Self.key))
        let client = try daemon.converse(url, options: ["auth": "key"], wait: false)
        _ = try Story(client).until("secret_needed")
        let provided = try refusal {
            _ = try client.call(
                "session.provideSecret",
                ["session": "line", "name": "apiKey", "value": .string(Self.key)])
        }
        #expect(provided.contains("in the clear"), "\(provided)")
    }

    /// Some servers repeat what they refuse.
    @Test func aKeyThatAServerRepeatsIsStruckFromTheReason() throws {
        let server = try ScriptedHTTPServer { request in
            let given = request.head["authorization"] ?? "nothing"
            let body =
                #"{"error":{"code":"invalid_api_key","message":"\#(given) is not a key"}}"#
            return .response(HTTPResponse(401, "Unauthorized", body: Array(body.utf8)))
        }
        let daemon = try DaemonUnderTest()
        let client = try daemon.converse(
            "ws://127.0.0.1:\(server.port)/v1/realtime",
            options: ["auth": "key", "apiKey": .string(Self.key)], wait: false)
        let story = Story(client)
        let event = try story.until("session_state") { $0["data"]?["state"] == "failed" }
        #expect(event["data"]?["reason"] == "Bearer [secret] is not a key", "\(event)")
        try daemon.until("the log tells why") {
            daemon.log.contains("error: session s1 is failed: Bearer [secret] is not a key")
        }
        #expect(!"\(story.events)\(daemon.log)".contains(Self.key))
    }

    @Test func configMayAllowTheClear() throws {
        let daemon = try DaemonUnderTest(
            config: "[transports.openai-websocket]\ninsecure = true")
        let client = try daemon.converse(
            "ws://192.0.2.1/v1/realtime",
            options: ["apiKey": .string(Self.key), "connectTimeoutS": 0.2], reconnect: false,
            wait: false)
        let event = try Story(client).until("session_state") { $0["data"]?["state"] == "failed" }
        #expect(["timeout", "connect_failed"].contains(event["data"]?["code"]), "\(event)")
    }
}
