import JSON
import OpenAIRealtime
import ParleyTransport
import Testing

@Suite("Session config") struct ConfigurationTests {
    static let pcm: JSONValue = ["type": "audio/pcm", "rate": 24000]

    private func session(_ changes: JSONObject...) -> JSONObject {
        var configuration = SessionConfiguration()
        for change in changes { configuration.apply(change) }
        return configuration.payload(.generalAvailability)
    }

    @Test("Defaults: no voice, no transcription model, semantic turn detection")
    func defaults() {
        #expect(
            session() == [
                "type": "realtime", "model": "gpt-realtime-2.1", "output_modalities": ["audio"],
                "audio": [
                    "input": [
                        "format": Self.pcm, "noise_reduction": nil, "transcription": nil,
                        "turn_detection": ["type": "semantic_vad"],
                    ],
                    "output": ["format": Self.pcm, "speed": 1],
                ],
            ])
    }

    @Test(
        "Both spellings, nested and flat, mean the same",
        arguments: [
            ["audio": ["input": ["turnDetection": ["type": "server_vad", "prefixPaddingMs": 0]]]],
            [
                "audio": [
                    "input": ["turn_detection": ["type": "server_vad", "prefix_padding_ms": 0]]
                ]
            ],
            ["turnDetection": ["type": "server_vad", "prefixPaddingMs": 0]],
            [
                "turn_detection": [
                    "type": "server_vad", "prefix_padding_ms": 9, "prefixPaddingMs": 0,
                ]
            ],
        ] as [JSONObject])
    func spellings(_ config: JSONObject) {
        #expect(
            session(config)["audio"]?["input"]?["turn_detection"] == [
                "type": "server_vad", "prefix_padding_ms": 0,
            ])
    }

    @Test("Null is kept where it means off, and is no channel and no format")
    func nulls() {
        let off = session([
            "audio": [
                "input": ["turnDetection": nil, "transcription": nil, "format": nil], "output": nil,
            ]
        ])
        #expect(off["audio"]?["input"]?["turn_detection"] == .null)
        #expect(off["audio"]?["input"]?["format"] == Self.pcm)
        #expect(off["audio"]?["output"]?["format"] == Self.pcm)
    }

    @Test(
        "Formats",
        arguments: [
            ("pcm16", Self.pcm, AudioFormat.pcm24000), ("g711_ulaw", ["type": "audio/pcmu"], .pcmu),
            ("g711_alaw", ["type": "audio/pcma"], .pcma), ("nonsense", Self.pcm, .pcm24000),
            (["type": "audio/pcm"], Self.pcm, .pcm24000),
            (["type": "audio/pcm", "rate": 1e300], Self.pcm, .pcm24000),
            (
                ["type": "audio/pcm", "rate": 16000], ["type": "audio/pcm", "rate": 16000],
                .pcm16000
            ),
            (["type": "audio/new"], ["type": "audio/new"], .pcm24000), (5, Self.pcm, .pcm24000),
        ] as [(JSONValue, JSONValue, AudioFormat)])
    func formats(_ written: JSONValue, _ wire: JSONValue, _ format: AudioFormat) {
        let configuration = SessionConfiguration(["audio": ["output": ["format": written]]])
        let audio = configuration.payload(.generalAvailability)["audio"]
        #expect(audio?["output"]?["format"] == wire)
        #expect(audio?["input"]?["format"] == Self.pcm)
        #expect(configuration.outputFormat == format)
        #expect(configuration.inputFormat == .pcm24000)
    }

    @Test("A change keeps what it does not mention, the formats above all")
    func changes() {
        let merged = session(
            ["inputAudioFormat": "g711_ulaw", "voice": "marin", "instructions": "a"],
            ["audio": ["input": ["noiseReduction": ["type": "near_field"]]]],
            ["instructions": "b", "audio": ["output": ["speed": 1.2]]])
        #expect(merged["instructions"] == "b")
        #expect(merged["audio"]?["input"]?["format"] == ["type": "audio/pcmu"])
        #expect(merged["audio"]?["input"]?["noise_reduction"] == ["type": "near_field"])
        #expect(merged["audio"]?["output"]?["voice"] == "marin")
        #expect(merged["audio"]?["output"]?["speed"] == 1.2)
    }

    @Test("The nested voice beats the flat one")
    func voice() {
        let both = session(["audio": ["output": ["voice": "cedar"]], "voice": "ash"])
        #expect(both["audio"]?["output"]?["voice"] == "cedar")
    }

    @Test("Tools are cut down to what the API knows; provider data passes; tracing stays out")
    func tools() {
        let full = session([
            "tools": [
                ["name": "f", "parameters": [:], "apiKey": "x", "strict": true],
                ["type": "mcp", "serverLabel": "m", "server_url": "u", "secret": "x"],
                ["type": "unknown"], 5,
            ],
            "providerData": ["max_output_tokens": "inf"], "tracing": "auto", "newField": 1,
            "toolChoice": "auto", "parallelToolCalls": false, "prompt": ["promptId": "p", "x": 1],
            "modalities": ["text", "audio"],
        ])
        #expect(
            full["tools"] == [
                ["type": "function", "name": "f", "parameters": [:]],
                ["type": "mcp", "server_label": "m", "server_url": "u"],
            ])
        #expect(full["max_output_tokens"] == "inf")
        #expect(full["newField"] == 1)
        #expect(full["tracing"] == nil)
        #expect(full["parallel_tool_calls"] == false)
        #expect(full["prompt"] == ["id": "p"])
        #expect(full["output_modalities"] == ["audio"])
    }

    @Test("The beta payload is flat and has no model")
    func beta() {
        let configuration = SessionConfiguration(["outputAudioFormat": "g711_alaw", "voice": "ash"])
        #expect(
            configuration.payload(.beta) == [
                "modalities": ["text", "audio"], "voice": "ash", "input_audio_format": "pcm16",
                "output_audio_format": "g711_alaw", "turn_detection": ["type": "server_vad"],
            ])
    }
}
