import Control
import Foundation
import JSON
import Testing

/// What clients ask of an assistant, as its server sees it.
@Suite(.serialized) struct AssistantCommandTests {
    /// A server, a daemon and a session `line` between them.
    private final class Call {
        let server: FakeServerUnderTest
        let daemon: DaemonUnderTest
        let client: ControlClient
        let story: Story

        init(
            _ behaviour: KeyValuePairs<String, String>,
            config: JSONObject = DaemonUnderTest.transcribing
        ) throws {
            server = try FakeServerUnderTest()
            daemon = try DaemonUnderTest()
            client = try daemon.converse(server.url(behaviour), config: config)
            story = Story(client)
        }

        @discardableResult
        func ask(_ method: String, _ parameters: JSONObject = [:]) throws -> JSONValue {
            var all = parameters
            all["session"] = "line"
            return try client.call(method, all)
        }

        func expectNoErrors() {
            #expect(story.all("error").isEmpty, "\(story.all("error"))")
            #expect(server.events("server", "error").isEmpty)
        }

        var history: [JSONValue] {
            get throws { try ask("sessions.get")["history"]?.arrayValue ?? [] }
        }
    }

    @Test func aFunctionCallIsAnsweredAndTheAssistantGoesOn() throws {
        let call = try Call([
            "answers": #"call get_time {"zone":"UTC"}|It is noon."#, "say_ms": "400",
        ])
        try call.ask("session.sendMessage", ["message": "What time is it?"])
        let event = try call.story.until("function_call")["data"]
        #expect(event?["name"] == "get_time")
        #expect(event?["arguments"] == #"{"zone":"UTC"}"#)
        let callID = try #require(event?["callId"])
        try call.ask("session.sendFunctionCallOutput", ["callId": callID, "output": "12:00"])
        try call.story.until("turn_done", count: 2)
        let created = call.server.events("client", "conversation.item.create").last
        #expect(created?["item"]?["type"] == "function_call_output")
        #expect(created?["item"]?["call_id"] == callID)
        let item = try call.history.first { $0["type"] == "function_call" }
        #expect(item?["output"] == "12:00" && item?["status"] == "completed", "\(item ?? .null)")
        call.expectNoErrors()
    }

    @Test func aRequestWaitsForTheResponseBeforeIt() throws {
        let call = try Call(["say_ms": "800", "speed": "2"])
        for name in ["first", "second"] {
            try call.ask(
                "session.requestResponse", ["response": ["metadata": ["name": .string(name)]]])
        }
        try call.story.until("turn_done", count: 2)
        let types = call.server.lines.compactMap { $0["event"]?["type"]?.stringValue }
        #expect(
            types.filter { ["response.create", "response.created", "response.done"].contains($0) }
                == [
                    "response.create", "response.created", "response.done", "response.create",
                    "response.created", "response.done",
                ])
        let names = call.server.events("server", "response.done").map {
            $0["response"]?["metadata"]?["name"]
        }
        #expect(names == ["first", "second"])
        call.expectNoErrors()
    }

    @Test func messagesAndImagesAreItemsOfTheUser() throws {
        let call = try Call(["say_ms": "400"])
        try call.ask("session.sendMessage", ["message": "Look:", "triggerResponse": false])
        let image = "data:image/png;base64,iVBORw0KGgo="
        try call.ask("session.addImage", ["image": .string(image), "triggerResponse": false])
        try call.ask(
            "session.sendMessage",
            [
                "message": [
                    "type": "message", "role": "user",
                    "content": [
                        ["type": "input_text", "text": "And?"],
                        [
                            "type": "input_image", "image": .string(image),
                            "providerData": ["detail": "low"],
                        ],
                    ],
                ]
            ])
        try call.story.until("turn_done")
        let items = call.server.events("client", "conversation.item.create").map { $0["item"] }
        #expect(items.count == 3)
        #expect(items[0]?["content"] == [["type": "input_text", "text": "Look:"]])
        #expect(items[1]?["content"] == [["type": "input_image", "image_url": .string(image)]])
        #expect(items[2]?["content"]?.arrayValue?.last?["detail"] == "low")
        #expect(call.server.events("client", "response.create").count == 1)
        call.expectNoErrors()
    }

    @Test func anApprovalLetsAToolRun() throws {
        let call = try Call(["answers": "ask approval|Done.", "say_ms": "400"])
        try call.ask("session.sendMessage", ["message": "Look it up."])
        let request = try call.story.until("mcp_approval_request")["data"]
        #expect(request?["name"] == "look_up" && request?["serverLabel"] == "server")
        let itemID = try #require(request?["itemId"])
        try call.ask(
            "session.sendMcpResponse", ["approvalRequestId": itemID, "approved": true])
        let done = try call.story.until("mcp_tool_call_completed")["data"]
        #expect(done?["output"] == "found")
        try call.story.until("turn_done", count: 2)
        let created = call.server.events("client", "conversation.item.create").last
        #expect(created?["previous_item_id"] == itemID)
        #expect(created?["item"]?["approve"] == true && created?["item"]?["reason"] == nil)
        let kept = try call.history.first { $0["itemId"] == itemID }
        #expect(kept?["approved"] == true)
        call.expectNoErrors()
    }

    @Test func configIsAcknowledgedOrRefusedInTheServersWords() throws {
        let call = try Call(["say_ms": "400", "latency_ms": "100"])
        try call.ask(
            "session.updateSessionConfig", ["config": ["instructions": "Speak like a pirate."]])
        let update = call.server.events("client", "session.update").last
        #expect(update?["session"]?["instructions"] == "Speak like a pirate.")
        // It was waited for.
        #expect(
            call.server.events("server", "session.updated").contains {
                $0["session"]?["instructions"] == "Speak like a pirate."
            })
        #expect(update?["session"]?["audio"]?["input"]?["format"]?["type"] == "audio/pcm")
        try call.ask("session.sendMessage", ["message": "Hello"])
        try call.story.until("turn_done")
        do {
            try call.ask(
                "session.updateSessionConfig", ["config": ["audio": ["output": ["voice": "cedar"]]]]
            )
            Issue.record("the voice can't be changed any more")
        } catch let error as ControlClientError {
            #expect("\(error)".contains("Cannot update a conversation's voice"), "\(error)")
        }
        let kept = try call.ask("sessions.get")["sessionConfig"]
        #expect(kept?["instructions"] == "Speak like a pirate." && kept?["audio"]?["output"] == nil)
        try call.ask("session.updateSessionConfig", ["config": ["instructions": "Be brief."]])
    }

    @Test func aResetSendsOnlyTheDifference() throws {
        let call = try Call(["say_ms": "400"])
        for text in ["one", "two", "three"] {
            try call.ask(
                "session.sendMessage", ["message": .string(text), "triggerResponse": false])
        }
        try call.daemon.until("three items") { try call.history.count == 3 }
        var items = try call.history
        let (second, third) = (items[1], items[2])
        items.remove(at: 1)
        var changed = try #require(third.objectValue)
        changed["content"] = [["type": "input_text", "text": "drei"]]
        items[1] = .object(changed)
        try call.ask("session.resetHistory", ["history": .array(items)])
        try call.daemon.until("the server has taken it") {
            call.server.events("server", "conversation.item.done").count == 4
        }
        let deleted = call.server.events("client", "conversation.item.delete").map { $0["item_id"] }
        #expect(deleted == [second["itemId"], third["itemId"]])
        let created = call.server.events("client", "conversation.item.create").dropFirst(3)
        #expect(created.map { $0["item"]?["content"] } == [changed["content"]])
        try call.daemon.until("the history follows") {
            try call.history.map { $0["content"]?.arrayValue?.first?["text"] } == ["one", "drei"]
        }
        call.expectNoErrors()
    }

    @Test func pushToTalkMakesATurnOfWhatWasSaid() throws {
        let call = try Call(
            ["heard": "Now.", "say_ms": "400"],
            config: [
                "audio": [
                    "input": [
                        "turn_detection": .null, "transcription": ["model": "gpt-transcribe"],
                    ]
                ]
            ])
        let program = try AudioProgram(call.daemon, request: #"{"session":"line"}"#)
        // A press without a word is no turn and no error.
        try call.ask("session.pushToTalk", ["pressed": true])
        try call.ask("session.pushToTalk", ["pressed": false])
        try call.ask("session.pushToTalk", ["pressed": true])
        program.write(Speech.user(ms: 600))
        try call.daemon.until("it was sent") { call.server.soundBytes.count >= 24 * 2 * 580 }
        try call.ask("session.pushToTalk", ["pressed": false])
        try call.story.until("turn_done")
        let types = call.server.types("client").filter {
            $0 != "input_audio_buffer.append" && $0 != "session.update"
                && $0 != "conversation.item.retrieve"
        }
        #expect(
            types.suffix(3) == [
                "input_audio_buffer.clear", "input_audio_buffer.commit", "response.create",
            ])
        #expect(call.server.events("client", "input_audio_buffer.commit").count == 1)
        #expect(call.server.events("client", "response.create").count == 1)
        call.expectNoErrors()
    }

    @Test func textIsWrittenAndNotSpoken() throws {
        let call = try Call(
            ["answers": "All is well."], config: ["outputModalities": ["text"]])
        try call.ask("session.sendMessage", ["message": "How is it?"])
        try call.story.until("turn_done")
        let text = call.story.all("output_text_delta").compactMap {
            $0["data"]?["delta"]?.stringValue
        }
        #expect(text.joined() == "All is well.")
        #expect(call.server.events("server", "response.output_audio.delta").isEmpty)
        let answer = try call.history.last
        #expect(answer?["content"] == [["type": "output_text", "text": "All is well."]])
        call.expectNoErrors()
    }
}
