/// A spoken turn of the fake peer: cuts its text into deltas and its sound into pieces.
struct Turn {
    struct Text: Equatable {
        var text: String
        var sampleCount: Int
    }

    /// How fast the peer speaks: packets in real time, everything else four times as fast, as a model
    /// does.
    struct Pace {
        let isRealTime: Bool
        let frameMs: Int
        var pieceMs: Int { isRealTime ? frameMs : 100 }
        var intervalNs: UInt64 { UInt64(isRealTime ? frameMs : 25) * 1_000_000 }
    }

    struct Step {
        let deltas: [String]
        let speech: Conversation.Speech
    }

    let text: Text
    let itemID: String
    let responseID: String
    /// When the next piece is due.
    private(set) var nextNs: UInt64
    private(set) var wordsSaid = 0
    private let words: [String]
    private let pace: Pace
    private let pieceSamples: Int
    private var position = 0

    init(
        _ text: Text, itemID: String, responseID: String, rateHz: Int, pace: Pace, nowNs: UInt64
    ) {
        self.text = text
        self.itemID = itemID
        self.responseID = responseID
        self.pace = pace
        nextNs = nowNs
        words = Self.words(of: text.text)
        pieceSamples = pace.pieceMs * rateHz / 1000
    }

    /// Every delta but the first begins with the space before its word, so that they add up to the text.
    private static func words(of text: String) -> [String] {
        var words: [String] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            words.append(words.isEmpty ? String(word) : " " + word)
        }
        return words
    }

    var textSoFar: String { words.prefix(wordsSaid).joined() }

    /// The next piece, with the words that it reaches into. Packets are always whole: the last one is
    /// filled up.
    mutating func step() -> Step {
        let left = text.sampleCount - position
        let count = pace.isRealTime ? pieceSamples : min(pieceSamples, left)
        let isLast = position + pieceSamples >= text.sampleCount
        let speech = Conversation.Speech(
            itemID: itemID, firstSample: position, sampleCount: count, isLast: isLast)
        let reached =
            isLast
            ? words.count
            : min(words.count, words.count * position / max(1, text.sampleCount) + 1)
        let deltas = Array(words[wordsSaid..<max(wordsSaid, reached)])
        wordsSaid = max(wordsSaid, reached)
        position += count
        nextNs += pace.intervalNs
        return Step(deltas: deltas, speech: speech)
    }
}
