import Foundation
import JSON
import OpenAIRealtime
import ParleyTransport
import Testing

/// Every event that the client sends, against the types of the `openai` package.
/// `PARLEY_TEST_PYTHON` names a Python that has it; without one the test is skipped.
@Suite("Schema") struct SchemaTests {
    static let python = ProcessInfo.processInfo.environment["PARLEY_TEST_PYTHON"]

    @Test("The openai package takes every event that is sent", .enabled(if: python != nil))
    func events() throws {
        let lines = try Self.everything().map { $0.serialized() + "\n" }.joined()
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/validate_realtime_events.py")
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.python))
        process.arguments = [script.path]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(lines.utf8))
        try input.fileHandleForWriting.close()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, Comment(rawValue: text))
    }

    /// The events of a session in which everything happens once.
    private static func everything() throws -> [JSONValue] {
        var peer = Peer(
            config: [
                "instructions": "i", "voice": "marin", "toolChoice": "auto",
                "tools": [
                    ["name": "f", "description": "d", "parameters": [:]],
                    ["type": "mcp", "serverLabel": "s", "serverUrl": "https://x"],
                ],
                "reasoning": ["effort": "low"], "maxOutputTokens": 100, "truncation": "auto",
                "tracing": ["workflowName": "w"], "prompt": ["promptId": "p", "version": "1"],
                "audio": [
                    "input": [
                        "transcription": ["model": "gpt-transcribe"],
                        "turnDetection": [
                            "type": "server_vad", "prefixPaddingMs": 300, "silenceDurationMs": 500,
                        ],
                        "noiseReduction": ["type": "near_field"],
                        "format": ["type": "audio/pcmu"],
                    ]
                ],
            ],
            items: [
                [
                    "itemId": "u", "type": "message", "role": "user",
                    "content": [
                        ["type": "input_audio", "transcript": "hi"],
                        ["type": "input_image", "image": "data:image/png;base64,AA=="],
                    ],
                ],
                [
                    "itemId": "a", "type": "message", "role": "assistant",
                    "content": [["type": "output_audio", "transcript": "hello"]],
                ],
                [
                    "itemId": "f", "type": "function_call", "callId": "c", "name": "n",
                    "arguments": "{}", "output": "o",
                ],
            ])
        peer.open()
        peer.speak(ms: 40)
        peer.hear(Peer.greeting)
        peer.hear(["type": "session.updated", "session": [:]])
        peer.speak(ms: 200)
        for command in [
            .commitAudio, .clearAudio, .sendMessage(UserMessage("hello")),
            .addImage(image: "data:image/png;base64,AA==", triggerResponse: true),
            .sendFunctionCallOutput(FunctionCallOutput(callID: "c", output: "o")),
            .sendMCPResponse(MCPResponse(approvalRequestID: "q", approved: true, reason: "r")),
            .updateSessionConfig(["turnDetection": nil]),
            .resetHistory([
                [
                    "itemId": "s", "type": "message", "role": "system",
                    "content": [["type": "input_text", "text": "t"]],
                ]
            ]),
        ] as [TransportCommand] {
            try peer.perform(command)
        }
        peer.beginResponse("r")
        peer.hearSpeech("i", response: "r", ms: 100)
        peer.hear(["type": "conversation.item.truncated", "item_id": "i"])
        try peer.perform(.interrupt)
        peer.play(.flushed(position("i", heardMs: 10, receivedMs: 100), .client))
        peer.endResponse("r")
        try peer.perform(.requestResponse(["instructions": "now"]))
        let sound = try peer.sound.map { try JSONValue(parsing: $0) }
        return peer.take().sentEvents + sound
    }
}
