/// What mends a finding: a command for a shell, and what the command can't say by itself.
struct Remedy: Equatable, CustomStringConvertible, ExpressibleByStringInterpolation {
    var command: String
    /// What to write where the command leads, what comes after it, what else would do.
    var words: String?

    init(_ command: String, _ words: String? = nil) {
        self.command = command
        self.words = words
    }

    init(stringLiteral command: String) { self.init(command) }

    /// A line that a shell takes as it is: the words are a comment.
    var description: String { words.map { "\(command)  # \($0)" } ?? command }

    /// A text as one word of a shell.
    static func word(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                    || (0x61...0x7A).contains($0) || "%+,-./:=@_".utf8.contains($0)
            }
        guard !isPlain else { return text }
        return "'"
            + text.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: #"'\''"#) + "'"
    }
}
