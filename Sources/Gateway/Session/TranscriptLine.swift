import JSON

/// What was said, as one line of a log that is allowed to hold it.
struct TranscriptLine {
    let text: String

    /// nil for items that are not complete messages.
    init?(_ item: JSONValue) {
        guard item["status"]?.stringValue == "completed", let role = item["role"]?.stringValue,
            let content = item["content"]?.arrayValue
        else { return nil }
        let words = content.compactMap {
            $0["transcript"]?.stringValue ?? $0["text"]?.stringValue
        }
        guard !words.isEmpty else { return nil }
        text = "\(role): \(words.joined(separator: " "))"
    }
}
