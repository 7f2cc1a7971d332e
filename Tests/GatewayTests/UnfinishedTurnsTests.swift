import JSON
import Testing

@testable import Gateway

@Suite struct UnfinishedTurnsTests {
    private let message: JSONObject = [
        "itemId": "a", "type": "message", "role": "assistant", "status": "in_progress",
        "content": [],
    ]

    @Test func whatWasBegunEndsWithWhatWasSaid() {
        var turns = UnfinishedTurns()
        for id: JSONValue in ["one", "two"] {
            turns.hear("turn_started", ["type": "response_started", "providerData": ["id": id]])
        }
        turns.hear("turn_done", ["response": ["id": "one"]])
        turns.hear("item_update", .object(message))
        for delta: JSONValue in ["Once ", "upon"] {
            turns.hear("audio_transcript_delta", ["itemId": "a", "delta": delta])
        }
        let events = turns.end([message])
        #expect(events.map(\.type) == ["item_update", "turn_done"])
        #expect(events[0].data["status"] == "incomplete")
        #expect(
            events[0].data["content"] == [["type": "output_audio", "transcript": "Once upon"]])
        #expect(
            events[1].data["response"] == ["status": "incomplete", "output": [], "id": "two"])
        let again = turns.end([])
        #expect(again.isEmpty)
    }

    @Test func whatIsFinishedIsLeftAlone() {
        var turns = UnfinishedTurns()
        var done = message
        done["status"] = "completed"
        turns.hear("audio_transcript_delta", ["itemId": "a", "delta": "Once"])
        turns.hear("item_update", .object(done))
        let call: JSONObject = [
            "itemId": "f", "type": "function_call", "status": "in_progress", "output": nil,
        ]
        let events = turns.end([done, call])
        #expect(events.isEmpty)
    }

    @Test(arguments: [1, 3, 1_000])
    func whatIsKeptOfWordsHasALimitHoweverTheyCome(_ deltas: Int) {
        var turns = UnfinishedTurns()
        // Characters of three bytes, so that the limit lies within one.
        let delta = String(repeating: "\u{20ac}", count: 100_000 / deltas)
        for _ in 0..<deltas {
            turns.hear(
                "audio_transcript_delta", ["itemId": "a", "delta": .string(delta)])
        }
        let events = turns.end([message])
        let said = events.first?.data["content"]?.arrayValue?.first?["transcript"]?.stringValue
        #expect(said == String(repeating: "\u{20ac}", count: UnfinishedTurns.textMax / 3))
    }

    @Test func idsWithoutEndAreNotRemembered() {
        var turns = UnfinishedTurns()
        let id = JSONValue.string(String(repeating: "x", count: 100_000))
        turns.hear("turn_started", ["providerData": ["id": id]])
        turns.hear("audio_transcript_delta", ["itemId": id, "delta": "x"])
        let events = turns.end([])
        #expect(events.isEmpty)
    }

    @Test func nonsenseIsNoTurn() {
        var turns = UnfinishedTurns()
        for data: JSONValue in [nil, 1, [], [:], ["itemId": 1, "delta": "x"], ["itemId": "a"]] {
            for type in ["audio_transcript_delta", "output_text_delta", "item_update"] {
                turns.hear(type, data)
            }
        }
        let events = turns.end([[:], ["type": 1], ["itemId": "a", "status": "in_progress"]])
        #expect(events.isEmpty)
    }
}
