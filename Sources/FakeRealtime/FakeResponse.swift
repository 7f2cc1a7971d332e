import AudioCore
import JSON

/// One response while it is made: which events come when.
struct FakeResponse {
    static var chunkMs: Int { 200 }

    let id: String
    let itemID: String
    let text: String
    let speaks: Bool
    let format: AudioFormat
    let totalMs: Int
    private let words: [Substring]
    private let beginNs: UInt64
    private let chunkNs: UInt64
    private(set) var madeMs = 0
    private var wordsSent = 0
    var metadata: JSONValue = nil

    init(
        id: String, itemID: String, text: String, speaks: Bool, format: AudioFormat,
        options: FakeOptions, nowNs: UInt64
    ) {
        self.id = id
        self.itemID = itemID
        self.text = text
        self.speaks = speaks
        self.format = format
        let wanted = options.sayMs > 0 ? options.sayMs : FakeVoice.durationMs(of: text)
        totalMs = (wanted + Self.chunkMs - 1) / Self.chunkMs * Self.chunkMs
        words = text.split(separator: " ")
        beginNs = nowNs + UInt64(options.latencyMs * 1e6)
        chunkNs = UInt64(Double(Self.chunkMs) * 1e6 / options.speed)
    }

    var isComplete: Bool { madeMs >= totalMs }
    var nextDueNs: UInt64 { beginNs + UInt64(madeMs / Self.chunkMs) * chunkNs }

    /// The next piece: words of the transcript, then their sound.
    mutating func nextPiece() -> (words: String, sound: [UInt8]) {
        let start = madeMs
        madeMs += Self.chunkMs
        let upTo = min(words.count, (words.count * madeMs + totalMs - 1) / totalMs)
        let spoken = words[wordsSent..<max(upTo, wordsSent)].joined(separator: " ")
        let prefix = wordsSent > 0 && !spoken.isEmpty ? " " : ""
        wordsSent = max(upTo, wordsSent)
        guard speaks else { return (prefix + spoken, []) }
        let perMs = format.rateHz / 1_000
        return (
            prefix + spoken,
            FakeVoice.encode(format, from: start * perMs, count: Self.chunkMs * perMs)
        )
    }

    var textSoFar: String { words[..<wordsSent].joined(separator: " ") }
    var place: JSONObject {
        [
            "response_id": .string(id), "item_id": .string(itemID), "output_index": 0,
            "content_index": 0,
        ]
    }

    func item(status: String) -> JSONObject {
        let isBegun = madeMs > 0
        var part: JSONObject = ["type": speaks ? "output_audio" : "output_text"]
        part[speaks ? "transcript" : "text"] = .string(textSoFar)
        return [
            "id": .string(itemID), "object": "realtime.item", "type": "message",
            "status": .string(status), "role": "assistant",
            "content": isBegun ? [.object(part)] : [],
        ]
    }

    var usage: JSONObject {
        let output = Int64(madeMs / 50)
        return [
            "total_tokens": .integer(output + 20), "input_tokens": 20,
            "output_tokens": .integer(output),
            "input_token_details": [
                "text_tokens": 10, "audio_tokens": 10, "image_tokens": 0, "cached_tokens": 0,
                "cached_tokens_details": ["text_tokens": 0, "audio_tokens": 0, "image_tokens": 0],
            ],
            "output_token_details": [
                "text_tokens": .integer(speaks ? 0 : output),
                "audio_tokens": .integer(speaks ? output : 0),
            ],
        ]
    }
}
