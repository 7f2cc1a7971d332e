/// Matches whole texts against a pattern in which `*` is any run of characters and `?` any one.
struct Glob: Sendable, Hashable {
    let pattern: String

    func matches(_ text: String) -> Bool {
        let pattern = Array(pattern.unicodeScalars)
        let text = Array(text.unicodeScalars)
        var place = 0
        var position = 0
        // Where to go on when what follows the last star does not fit: one character later.
        var star: (place: Int, position: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, position)
                place += 1
            } else if place < pattern.count,
                pattern[place] == "?" || pattern[place] == text[position]
            {
                place += 1
                position += 1
            } else if let last = star {
                star = (last.place, last.position + 1)
                place = last.place + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }

    var hasWildcard: Bool { pattern.contains { $0 == "*" || $0 == "?" } }
}
