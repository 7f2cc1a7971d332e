import JSON

/// Events as plain lines, where the output is no terminal.
extension WatchState {
    /// One line: session, what happened, the facts.
    public static func line(for event: JSONValue) -> String {
        let type = event["type"]?.stringValue ?? "event"
        let data = event["data"]
        let facts: String? =
            switch type {
            case "audio_transcript_delta", "output_text_delta": data?["delta"]?.stringValue
            case "levels": levels(data)
            default: HumanJSON.inline(data)
            }
        let parts = [event["session"]?.stringValue, HumanJSON.words(spaced(type)), facts]
        return TerminalText.harmless(
            parts.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "  "))
    }

    private static func levels(_ data: JSONValue?) -> String {
        ["input", "output"].compactMap { name in
            let level = data?[name]?["rmsDbfs"]?.numberValue
            return level.map { "\(name) \(Int($0.rounded())) dB" }
        }.joined(separator: ", ")
    }

    private static func spaced(_ type: String) -> String {
        String(type.map { $0 == "_" ? " " : $0 })
    }
}
