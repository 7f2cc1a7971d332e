/// Guesses what a misspelt key was meant to be.
enum Spelling {
    /// The paths, tables included, that stand in the same table as `path`, without duplicates.
    static func siblings(of path: String, in known: [String]) -> [String] {
        let depth = path.split(separator: ".", omittingEmptySubsequences: false).count
        let table = path.split(separator: ".", omittingEmptySubsequences: false).dropLast()
        var siblings: [String] = []
        for candidate in known {
            let parts = candidate.split(separator: ".")
            guard parts.count >= depth, parts.prefix(depth - 1) == table else { continue }
            let sibling = parts.prefix(depth).joined(separator: ".")
            if !siblings.contains(sibling) { siblings.append(sibling) }
        }
        return siblings
    }

    /// The closest candidate, when it is close enough to be what was meant: two letters at most, less
    /// in short words; case counts for nothing.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let limit = min(2, (word.count + 1) / 3)
        return candidates.map { ($0, distance($0.lowercased(), word.lowercased())) }
            .filter { $0.1 <= limit }
            .min { $0.1 < $1.1 }?.0
    }

    /// Letters to insert, remove or replace (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let cost = a == b ? diagonal : 1 + min(diagonal, row[j], row[j + 1])
                diagonal = row[j + 1]
                row[j + 1] = cost
            }
        }
        return row[right.count]
    }
}
