import JSON
import ParleyTransport
import Testing

@testable import OpenAIRealtime

@Suite("Items of the conversation") struct ItemTests {
    private func added(
        _ id: String, after previous: JSONValue? = nil, role: String = "user", done: Bool = false,
        content: JSONValue = [["type": "input_audio", "transcript": nil]]
    ) -> JSONValue {
        var event: JSONObject = [
            "type": .string(done ? "conversation.item.done" : "conversation.item.added"),
            "item": [
                "id": .string(id), "type": "message", "role": .string(role), "content": content,
            ],
        ]
        event["previous_item_id"] = previous
        return .object(event)
    }

    @Test("Order follows previous_item_id")
    func order() {
        var peer = Peer.ready()
        peer.hear(added("b"))
        peer.hear(added("d", after: "b"))
        peer.hear(added("c", after: "b"))
        peer.hear(added("a", after: "root"))
        #expect(peer.client.items.list.map(\.itemID) == ["a", "b", "c", "d"])
        #expect(
            peer.take().events.compactMap { $0.data["status"] }
                == Array(repeating: "in_progress", count: 4))
    }

    @Test("A transcript that comes late goes into its item; an unknown item is asked for")
    func transcript() {
        var peer = Peer.ready()
        peer.hear(added("u"))
        _ = peer.take()
        for id in ["u", "x"] {
            peer.hear([
                "type": "conversation.item.input_audio_transcription.completed",
                "item_id": .string(id), "content_index": 0, "transcript": "hello",
            ])
        }
        let effects = peer.take()
        #expect(
            effects.events[0].data["content"] == [["type": "input_audio", "transcript": "hello"]])
        #expect(effects.sent == [["type": "conversation.item.retrieve", "item_id": "x"]])
    }

    @Test("A truncated item is asked for, and keeps its transcript when the server has dropped it")
    func truncated() {
        var peer = Peer.ready()
        peer.hear(
            added(
                "a", role: "assistant", done: true,
                content: [["type": "audio", "transcript": "said"]]))
        peer.hear(["type": "conversation.item.truncated", "item_id": "a"])
        #expect(peer.takeSent() == [["type": "conversation.item.retrieve", "item_id": "a"]])
        peer.hear([
            "type": "conversation.item.retrieved",
            "item": [
                "id": "a", "type": "message", "role": "assistant", "status": "incomplete",
                "content": [["type": "output_audio", "audio": "AAAA"]],
            ],
        ])
        let told = peer.take().events.last?.data
        #expect(told?["content"] == [["type": "output_audio", "transcript": "said"]])
        #expect(told?["status"] == "incomplete")
    }

    @Test("A function call is told once, when complete, and answered in order")
    func functionCall() throws {
        var peer = Peer.ready()
        let call: JSONValue = [
            "id": "f", "type": "function_call", "call_id": "c", "name": "n", "arguments": "{}",
            "status": "completed",
        ]
        peer.beginResponse("r")
        _ = peer.take()
        for type in ["response.output_item.added", "response.output_item.done"] {
            peer.hear(["type": .string(type), "response_id": "r", "item": call])
        }
        peer.hear(["type": "conversation.item.done", "item": call])
        #expect(peer.take().types == ["item_update", "function_call"])
        try peer.perform(.sendFunctionCallOutput(FunctionCallOutput(callID: "c", output: "42")))
        let effects = peer.take()
        #expect(
            effects.sent == [
                [
                    "type": "conversation.item.create",
                    "item": ["type": "function_call_output", "call_id": "c", "output": "42"],
                ]
            ])
        #expect(effects.events[0].data["output"] == "42")
        peer.endResponse("r")
        #expect(peer.takeSent() == [["type": "response.create"]])
    }

    @Test("MCP: tools listed, approval asked and given, a call done and answered to")
    func mcp() throws {
        var peer = Peer.ready()
        peer.hear([
            "type": "conversation.item.done",
            "item": ["id": "l", "type": "mcp_list_tools", "server_label": "s", "tools": [1]],
        ])
        peer.hear([
            "type": "conversation.item.done",
            "item": [
                "id": "q", "type": "mcp_approval_request", "server_label": "s", "name": "n",
                "arguments": #"{"a":1}"#,
            ],
        ])
        #expect(peer.take().types == ["mcp_tools_listed", "item_update", "mcp_approval_request"])
        try peer.perform(
            .sendMCPResponse(MCPResponse(approvalRequestID: "q", approved: false, reason: "no")))
        let sent = peer.takeSent()[0]
        #expect(sent["previous_item_id"] == "q")
        #expect(sent["item"]?["approve"] == false)
        #expect(sent["item"]?["reason"] == "no")
        peer.hear(["type": "response.mcp_call.in_progress", "item_id": "m"])
        peer.hear([
            "type": "conversation.item.done",
            "item": ["id": "m", "type": "mcp_call", "name": "n", "arguments": "", "output": "o"],
        ])
        let effects = peer.take()
        #expect(effects.types == ["item_update", "mcp_tool_call_completed"])
        #expect(
            effects.sent.map { $0["type"] } == ["conversation.item.retrieve", "response.create"])
    }

    @Test("A reset deletes and makes what differs, in place, and nothing else")
    func reset() throws {
        var peer = Peer.ready()
        for (id, text) in [("a", "1"), ("b", "2"), ("c", "3")] {
            peer.hear(
                added(id, done: true, content: [["type": "input_text", "text": .string(text)]]))
        }
        _ = peer.take()
        var history = peer.client.items.json
        history[1] = [
            "itemId": "b", "type": "message", "role": "user",
            "content": [["type": "input_text", "text": "new"]],
        ]
        history.removeLast()
        try peer.perform(.resetHistory(history))
        #expect(
            peer.takeSent() == [
                ["type": "conversation.item.delete", "item_id": "c"],
                ["type": "conversation.item.delete", "item_id": "b"],
                [
                    "type": "conversation.item.create", "previous_item_id": "a",
                    "item": [
                        "id": "b", "type": "message", "role": "user",
                        "content": [["type": "input_text", "text": "new"]],
                    ],
                ],
            ])
    }

    @Test("A reset with speech of the assistant is refused before anything is sent")
    func resetWithSpeech() {
        var peer = Peer.ready()
        let speech: JSONValue = [
            "itemId": "a", "type": "message", "role": "assistant",
            "content": [["type": "output_audio", "transcript": "t"]],
        ]
        for history in [[speech], [5], [["type": "message"]]] as [[JSONValue]] {
            #expect(throws: TransportError.self) { try peer.perform(.resetHistory(history)) }
        }
        #expect(peer.takeSent().isEmpty)
    }

    @Test("Usage by kind, rate limits and the sum of both in the statistics")
    func usage() {
        var peer = Peer.ready()
        let response: JSONValue = [
            "id": "r", "status": "completed",
            "usage": [
                "input_tokens": 5, "output_tokens": 3,
                "input_token_details": [
                    "text_tokens": 1, "cached_tokens_details": ["audio_tokens": 2],
                ],
            ],
        ]
        for _ in 0..<2 { peer.hear(["type": "response.done", "response": response]) }
        let effects = peer.take()
        #expect(effects.types == ["usage_update", "turn_done", "usage_update", "turn_done"])
        #expect(effects.events[0].data["totalTokens"] == 8)
        #expect(
            effects.events[0].data["inputTokensDetails"] == [
                "textTokens": 1, "cachedTokensDetails": ["audioTokens": 2],
            ])
        guard case .statistics(let last)? = effects.last else {
            Issue.record("no statistics")
            return
        }
        #expect(last["usage"]?["inputTokens"] == 10)
        peer.hear([
            "type": "rate_limits.updated",
            "rate_limits": [
                ["name": "tokens", "limit": 9, "remaining": 8, "reset_seconds": 0.5], 5,
            ],
        ])
        guard case .statistics(let limits)? = peer.take().last else { return }
        #expect(
            limits["rateLimits"] == [
                ["name": "tokens", "limit": 9, "remaining": 8, "resetSeconds": 0.5]
            ])
    }

    @Test("After a reconnect the conversation is given back, and its echo is no news")
    func restore() {
        var peer = Peer(items: [
            [
                "itemId": "u", "type": "message", "role": "user",
                "content": [["type": "input_audio", "transcript": "hi"]],
            ],
            [
                "itemId": "a", "type": "message", "role": "assistant",
                "content": [["type": "output_audio", "transcript": "hello"]],
            ],
            [
                "itemId": "s", "type": "message", "role": "user",
                "content": [["type": "input_audio", "transcript": nil]],
            ],
            [
                "itemId": "f", "type": "function_call", "callId": "c", "name": "n",
                "arguments": "{}", "output": "o",
            ],
            [
                "itemId": "g", "type": "function_call", "callId": "d", "name": "n",
                "arguments": "{}", "output": nil,
            ],
            5,
        ])
        peer.connect()
        let items = peer.takeSent().filter { $0["type"] == "conversation.item.create" }
        #expect(
            items.map { $0["item"]?["type"] } == [
                "message", "message", "function_call", "function_call_output",
            ])
        #expect(items[1]["item"]?["content"] == [["type": "output_text", "text": "hello"]])
        peer.hear(added("u"))
        peer.hear(added("u", done: true))
        #expect(peer.take().events.isEmpty)
    }

    @Test("A message: parts, provider data, other event data, and no response when not wanted")
    func message() throws {
        var peer = Peer.ready()
        try peer.perform(
            .sendMessage(
                UserMessage(
                    [
                        "role": "system",
                        "content": [
                            [
                                "type": "input_image", "image": "data:x",
                                "providerData": ["detail": "low"],
                            ]
                        ],
                    ], otherEventData: ["event_id": "mine", "type": "no"], triggerResponse: false)))
        #expect(
            peer.takeSent() == [
                [
                    "type": "conversation.item.create", "event_id": "mine",
                    "item": [
                        "type": "message", "role": "system",
                        "content": [
                            ["type": "input_image", "image_url": "data:x", "detail": "low"]
                        ],
                    ],
                ]
            ])
        try peer.perform(.addImage(image: "u", triggerResponse: true))
        #expect(
            peer.takeSent().map { $0["type"] } == ["conversation.item.create", "response.create"])
        #expect(throws: TransportError.self) { try peer.perform(.sendMessage(UserMessage([:]))) }
        #expect(throws: TransportError.self) { try peer.perform(.sendEvent(["a": 1])) }
    }
}
