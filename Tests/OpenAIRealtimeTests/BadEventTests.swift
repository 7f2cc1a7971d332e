import JSON
import ParleyTransport
import Testing

@testable import OpenAIRealtime

/// Every event of the server, with each member missing, null, of another type, or huge.
@Suite("Bad events") struct BadEventTests {
    /// Members that occur in events; a value of the right type for each.
    static let members: [(name: String, value: JSONValue)] = [
        ("event_id", "e"), ("item_id", "i"), ("previous_item_id", "p"), ("response_id", "r"),
        ("content_index", 0), ("output_index", 0), ("delta", "AAAA"), ("transcript", "t"),
        ("text", "t"), ("arguments", "{}"), ("name", "n"), ("call_id", "c"), ("event", "1"),
        ("audio_start_ms", 1), ("audio_end_ms", 1),
        ("error", ["type": "server_error", "code": "c", "message": "m", "event_id": "x"]),
        (
            "session",
            [
                "expires_at": 1, "tracing": nil,
                "audio": ["input": ["format": ["type": "audio/pcm"]]],
            ]
        ),
        (
            "item",
            [
                "id": "i", "type": "message", "role": "assistant", "status": "completed",
                "content": [["type": "output_audio", "transcript": "t"]],
            ]
        ),
        (
            "response",
            [
                "id": "r", "status": "failed", "output": [["content": []]],
                "status_details": ["error": ["code": "c"]],
                "usage": ["input_tokens": 1, "input_token_details": ["text_tokens": 1]],
            ]
        ),
        ("part", ["type": "audio"]),
        ("rate_limits", [["name": "tokens", "limit": 1, "remaining": 1, "reset_seconds": 0.5]]),
    ]

    static let wrong: [JSONValue] = [
        nil, true, -1, 9_223_372_036_854_775_807, 1e308, "", [], [:], [nil, 1, "x", [:]],
        .string(String(repeating: "x", count: 4_000)),
        ["id": nil, "type": 5, "content": 7, "audio": "x", "usage": [], "error": []],
        [
            "id": .string(String(repeating: "y", count: 300)), "type": "message", "role": "robot",
            "content": [1], "usage": ["input_tokens": -5, "input_token_details": ["a": [:]]],
        ],
    ]

    static let itemTypes = [
        "message", "function_call", "mcp_call", "mcp_approval_request", "mcp_list_tools", "new",
    ]

    static let names =
        ServerEventType.allCases.map(\.rawValue) + [
            "response.audio.delta", "response.audio.done", "response.text.delta",
            "response.audio_transcript.delta", "new.event",
        ]

    @Test("There are 46 of them") func count() { #expect(ServerEventType.allCases.count == 46) }

    @Test("Each shows raw once and never ends the session", arguments: names)
    func malformed(_ name: String) {
        var whole: JSONObject = ["type": .string(name)]
        for (name, value) in Self.members { whole[name] = value }
        var variants = [whole]
        for (member, _) in Self.members {
            var without = whole
            without[member] = nil
            variants.append(without)
            for value in Self.wrong {
                var changed = whole
                changed[member] = value
                variants.append(changed)
            }
        }
        for place in ["item", "response", "session", "error"] {
            for (member, _) in whole[place]?.objectValue?.members ?? [] {
                for value in [nil] + Self.wrong.map(Optional.some) {
                    var inner = whole[place]?.objectValue ?? [:]
                    inner[member] = value
                    var changed = whole
                    changed[place] = .object(inner)
                    variants.append(changed)
                }
            }
        }
        for type in Self.itemTypes {
            variants.append(
                [
                    "type": .string(name), "item": ["id": "i", "type": .string(type)],
                ])
        }
        var peer = Peer.ready()
        for variant in variants {
            peer.hear(.object(variant))
            let effects = peer.take()
            #expect(effects.filter { $0 == .rawEvent }.count == 1)
            #expect(effects.first == .rawEvent)
            #expect(effects.disconnect == nil)
            #expect(peer.client.isConnected)
        }
    }

    @Test(
        "What is no JSON object is dropped, and the session goes on",
        arguments: [
            [], Array("nonsense".utf8), Array("[1]".utf8), Array("7".utf8), [0xFF, 0xFE, 0x00],
            Array(#"{"type":"error""#.utf8), Array("{\"type\":\"\u{0}\"}".utf8),
            [UInt8](repeating: UInt8(ascii: "["), count: 100_000),
        ] as [[UInt8]])
    func noJSON(_ bytes: [UInt8]) {
        var peer = Peer.ready()
        peer.hear(bytes: bytes)
        #expect(!peer.take().contains(.rawEvent))
        #expect(peer.client.isConnected)
    }

    @Test("An object without a type shows raw")
    func untyped() {
        var peer = Peer.ready()
        peer.hear(text: #"{"a":1}"#)
        #expect(peer.take() == [.rawEvent])
    }
}
