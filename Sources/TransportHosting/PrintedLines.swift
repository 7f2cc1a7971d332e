/// Makes lines for the log of what a plugin prints: of bounded length, without control characters, whatever
/// comes.
struct PrintedLines {
    /// Bytes of a line; what is behind them is left out.
    static let bytesMax = 1_024

    private var line: [UInt8] = []
    private var isCut = false

    /// Takes what was printed, and gives every line that it completes to `body`. Empty ones are none.
    mutating func take(_ bytes: some Sequence<UInt8>, _ body: (String) -> Void) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || byte == 0 {
                if let text = end() { body(text) }
            } else if line.count < Self.bytesMax {
                line.append(byte)
            } else {
                isCut = true
            }
        }
    }

    /// What is left when nothing more comes.
    mutating func end() -> String? {
        defer {
            line.removeAll(keepingCapacity: true)
            isCut = false
        }
        guard !line.isEmpty else { return nil }
        return HostMessage.line(String(decoding: line, as: UTF8.self)) + (isCut ? "…" : "")
    }
}
