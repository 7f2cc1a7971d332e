import Control
import Foundation
import JSON
import Testing

/// What docs/ and Examples/ say of voice assistants is so.
@Suite(.serialized) struct AssistantDocumentationTests {
    private func page(_ name: String) throws -> String {
        try String(contentsOfFile: "\(ExampleProgram.root)/\(name)", encoding: .utf8)
    }

    private func daemon(_ transport: String = "openai-websocket") throws -> DaemonUnderTest {
        let daemon = try DaemonUnderTest()
        try daemon.install(
            plugin: "\(DaemonUnderTest.buildDirectory)/lib\(transport).so", as: "\(transport).so")
        let client = try daemon.client()
        try daemon.until("the transport is served") {
            (try? client.call("transports.describe", ["transport": .string(transport)]))?["state"]
                == "available"
        }
        return daemon
    }

    @Test(arguments: [
        ("openai-websocket", "docs/OpenAIRealtime.md"), ("webrtc", "docs/WebRTC.md"),
    ])
    func theTableOfOptionsIsThePluginsSchema(transport: String, file: String) throws {
        let daemon = try daemon(transport)
        let answer = try daemon.client().call(
            "transports.describe", ["transport": .string(transport)])
        let options = try #require(answer["options"]?["properties"]?.objectValue)
        let rows = options.members.map { row($0.name, $0.value) }
        let table = try page(file).components(separatedBy: "\n\n")
            .first { $0.hasPrefix("| option | type |") }?
            .split(separator: "\n").dropFirst(2).map(String.init)
        #expect(table == rows)
    }

    private func row(_ name: String, _ schema: JSONValue) -> String {
        func text(_ value: JSONValue?) -> String {
            if let number = value?.numberValue, number == number.rounded() {
                return "\(Int(number))"
            }
            return value?.stringValue ?? value?.serialized() ?? ""
        }
        var type = text(schema["type"])
        if type == "array" { type += " of \(text(schema["items"]?["type"]))" }
        if schema["x-secret"] == true { type = "secret" }
        if let choices = schema["enum"]?.arrayValue {
            type = "one of " + choices.map { text($0) }.joined(separator: ", ")
        }
        if let least = schema["minimum"], let most = schema["maximum"] {
            type += " from \(text(least)) to \(text(most))"
        }
        let standard = schema["default"].map { "`\(text($0))`" } ?? ""
        return "| `\(name)` | \(type) | \(standard) | \(text(schema["description"])) |"
    }

    @Test func everyOptionOfTheFakeIsDescribed() throws {
        let source = try page("Sources/FakeRealtime/FakeOptions.swift")
        let names = source.components(separatedBy: "case \"").dropFirst().compactMap {
            $0.split(separator: "\"").first
        }
        #expect(names.count > 15)
        let rows = try page("docs/FakeRealtime.md").split(separator: "\n").filter {
            $0.hasPrefix("| `")
        }.flatMap { ($0.split(separator: "|").first ?? "").split(separator: "`") }
        for name in names { #expect(rows.contains(name), "\(name) is not in docs/FakeRealtime.md") }
    }

    @Test func theTelephoneAgentTalksLooksUpAndHangsUp() throws {
        let daemon = try daemon()
        let fake = try FakeServerUnderTest([
            "--option",
            "answers=The bakery, good morning.|call opening_hours {}|We are open.|"
                + "call hang_up {}",
        ])
        let environment = try daemon.environmentOfItsUser()
        let agent = try ExampleProgram(
            [
                "python3", "Examples/phone-agent/agent.py", "--listen", "127.0.0.1:0", "--url",
                fake.url,
            ],
            environment: environment)
        let address = try #require(agent.line(with: "listening on ")?.split(separator: " ").last)
        let caller = try ExampleProgram(
            ["python3", "Tests/Fixtures/audiosocket_caller.py", String(address), "60"],
            environment: environment)
        let (status, text) = caller.finish()
        #expect(status == 0 && text.contains("hung up on"), "\(text)")
        let heard = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        #expect(heard > 25, "half a second of speech at least: \(text)")
        #expect(agent.line(with: "the model calls opening_hours") != nil)
        #expect(agent.line(with: "the model calls hang_up") != nil)
        #expect(agent.line(with: "the call is over") != nil)
        #expect(try daemon.client().call("sessions.list")["sessions"]?.arrayValue?.isEmpty == true)
    }
}
