import FakeTransportHost
import JSON
import Testing

@testable import Loopback

@Suite struct ConversationTests {
    @Test func `a message is answered by a spoken turn`() throws {
        try withLoopback { host in
            host.connect()
            #expect(host.command("sendMessage", ["message": "one two"])?.result == 0)
            host.advance(ms: 2000)
            #expect(
                host.typedEvents == [
                    "item_update", "turn_started", "item_update", "audio_transcript_delta",
                    "audio_transcript_delta", "audio_transcript_delta", "audio_transcript_delta",
                    "audio_done", "item_update", "usage_update", "turn_done",
                ])
            let text = host.events("audio_transcript_delta").compactMap {
                $0["delta"]?.stringValue
            }
            #expect(text.joined() == "You said one two")
            let samples = host.frames.reduce(0) { $0 + $1.samples }
            #expect(samples == VoiceSound.durationMs(of: "You said one two") * 24)
            #expect(Set(host.frames.map(\.itemID)) == ["item_2"])
            #expect(host.frames.last?.flags == 8)
        }
    }

    @Test func `speech sounds the same in every run`() throws {
        var runs: [[UInt8]] = []
        for _ in 0..<2 {
            try withLoopback { host in
                host.connect()
                host.command("requestResponse")
                host.advance(ms: 2000)
                runs.append(host.frames.flatMap(\.bytes))
            }
        }
        #expect(runs[0] == runs[1])
        #expect(Set(runs[0]).count > 50)
    }

    @Test func `packets of speech come in real time with the numbers of the stream`() throws {
        try withLoopback { host in
            host.connect(options: ["format": "opus"])
            host.speak(frames: 2, codec: 4, rateHz: 48000)
            host.command("requestResponse")
            host.advance(ms: 99)
            let frames = host.frames
            #expect(frames.count == 7)
            #expect(
                frames.map(\.sequence) == (0..<7).map { (frames[0].sequence + $0) & 0xffff })
            #expect(frames.map(\.timestamp) == (0..<7).map { frames[0].timestamp + $0 * 960 })
        }
    }

    @Test func `nothing is echoed into speech`() throws {
        try withLoopback { host in
            host.connect()
            host.command("requestResponse")
            host.advance(ms: 1000)
            host.forgetCalls()
            host.speak(frames: 2)
            #expect(host.frames.isEmpty)
            host.playback(2, itemID: "item_1")
            host.speak(frames: 2)
            #expect(host.numbers == [0, 1])
        }
    }

    @Test func `an interruption ends the turn and keeps of the text what was heard`() throws {
        try withLoopback { host in
            host.connect()
            host.command("sendMessage", ["message": "a b c d e f g h"])
            host.advance(ms: 60)
            host.command("interrupt")
            #expect(host.events("turn_done").last?["response"]?["status"] == "cancelled")
            host.forgetCalls()
            let half = UInt64(VoiceSound.durationMs(of: "You said a b c d e f g h") * 24 / 2)
            host.playback(3, itemID: "item_2", heard: half, received: half * 2)
            host.playback(4, generation: 2)
            let item = host.events("item_update").last
            #expect(item?["status"] == "incomplete")
            #expect(item?["content"]?.arrayValue?.first?["transcript"] == "You said a b c")
            #expect(
                host.events("transport_event").last?["type"] == "conversation.item.truncated")
            host.advance(ms: 1000)
            #expect(host.frames.isEmpty)
        }
    }

    @Test func `without triggerResponse there is only the item`() throws {
        try withLoopback { host in
            host.connect()
            host.command("sendMessage", ["message": "x", "triggerResponse": false])
            host.command("addImage", ["image": "data:,", "triggerResponse": false])
            host.advance(ms: 1000)
            #expect(host.typedEvents == ["item_update", "item_update"])
            #expect(
                host.events("item_update").last?["content"]
                    == [["type": "input_image", "image": "data:,"]])
        }
    }

    @Test func `raw events, config, keys and mute come back`() throws {
        try withLoopback { host in
            host.connect(config: ["voice": "ash"])
            host.forgetCalls()
            host.command("sendEvent", ["event": ["type": "ping", "n": 1]])
            host.command("updateSessionConfig", ["config": ["speed": 2]])
            host.command("sendDtmf", ["digits": "12#"])
            host.command("mute", ["muted": true])
            host.speak(frames: 2)
            host.command("mute", ["muted": false])
            #expect(
                host.events.map { "\($0.type) \($0.data.serialized())" } == [
                    #"transport_event {"type":"ping","n":1}"#,
                    #"transport_event {"type":"session.updated","#
                        + #""session":{"voice":"ash","speed":2}}"#,
                    #"dtmf {"digits":"12#"}"#,
                    #"transport_event {"type":"input_audio.muted"}"#,
                    #"transport_event {"type":"input_audio.unmuted"}"#,
                ])
            #expect(host.frames.isEmpty)
        }
    }

    @Test func `a commit makes an item of what was heard`() throws {
        try withLoopback { host in
            host.connect()
            host.command("commitAudio")
            #expect(
                host.events("error").last?["error"]?["code"] == "input_audio_buffer_commit_empty")
            host.speak(frames: 1)
            host.command("commitAudio")
            #expect(host.events("item_update").last?["role"] == "user")
            host.speak(frames: 1)
            host.command("clearAudio")
            host.command("commitAudio")
            #expect(host.events("error").count == 2)
        }
    }

    @Test func `history is replaced by what differs`() throws {
        try withLoopback { host in
            host.connect(items: [["itemId": "a", "n": 1], ["itemId": "b"], ["itemId": "c"]])
            host.forgetCalls()
            host.command(
                "resetHistory",
                ["history": [["itemId": "b"], ["itemId": "a", "n": 2], ["itemId": "d"]]])
            #expect(host.events("item_deleted") == [["itemId": "c"]])
            #expect(host.events("item_update") == [["itemId": "a", "n": 2], ["itemId": "d"]])
            #expect(host.command("resetHistory", ["history": [["x": 1]]])?.result == -1)
        }
    }

    @Test func `a script calls a function and goes on with its output`() throws {
        try withLoopback { host in
            host.connect(options: [
                "script": [
                    "steps": [
                        [
                            "on": "message", "afterMs": 100,
                            "functionCall": [
                                "name": "lookup", "arguments": ["city": "Oslo"], "callId": "c1",
                            ],
                        ],
                        ["on": "function_output", "say": ["text": "It rains", "ms": 400]],
                    ]
                ]
            ])
            host.command("sendMessage", ["message": "weather?"])
            host.advance(ms: 99)
            #expect(host.events("function_call").isEmpty)
            host.advance(ms: 1)
            #expect(host.events("function_call").first?["arguments"] == #"{"city":"Oslo"}"#)
            #expect(
                host.command("sendFunctionCallOutput", ["callId": "c9", "output": "x"])?.result
                    == -1)
            host.command("sendFunctionCallOutput", ["callId": "c1", "output": "rain"])
            host.advance(ms: 1000)
            #expect(host.frames.reduce(0) { $0 + $1.samples } == 9600)
            #expect(
                host.events("item_update").contains {
                    $0["callId"] == "c1" && $0["output"] == "rain" && $0["status"] == "completed"
                })
        }
    }

    @Test func `a script can do everything that a peer does`() throws {
        try withLoopback { host in
            host.connect(options: [
                "script": [
                    "steps": [
                        ["on": "connected", "event": ["type": "item_deleted", "itemId": "x"]],
                        ["on": "connected", "raw": ["type": "hello"]],
                        ["on": "connected", "dtmf": "5"],
                        ["on": "connected", "error": ["code": "c", "message": "m"]],
                        ["on": "connected", "mcpApproval": ["name": "f"]],
                        ["on": "audio", "interrupt": "speech", "times": 1],
                        ["on": "commit", "disconnect": ["retry": "ended", "reason": "bye"]],
                    ]
                ]
            ])
            #expect(
                host.typedEvents == [
                    "item_deleted", "dtmf", "error", "item_update", "mcp_approval_request",
                ])
            host.command("sendMcpResponse", ["approvalRequestId": "item_1", "approved": true])
            #expect(host.typedEvents.last == "mcp_tool_call_completed")
            host.speak(frames: 2)
            #expect(host.calls.filter { $0 == .interrupt(cause: 1) }.count == 1)
            host.command("commitAudio")
            #expect(
                host.calls.contains(
                    .status(0, retry: 3, afterMs: 0, code: "hung_up", reason: "bye")))
        }
    }
}
