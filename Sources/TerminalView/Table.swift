/// Rows with aligned columns, for people.
public struct Table {
    private let headers: [String]
    private var rows: [[String]] = []
    /// Columns that are aligned at their right edge.
    private let numbers: Set<Int>

    public init(_ headers: [String], numbers: Set<Int> = []) {
        self.headers = headers
        self.numbers = numbers
    }

    /// - Parameter cells: one for each header.
    public mutating func append(_ cells: [String]) {
        precondition(cells.count == headers.count, "a row needs \(headers.count) cells")
        rows.append(cells.map(TerminalText.harmless))
    }

    public var isEmpty: Bool { rows.isEmpty }

    /// Headers and rows; no trailing spaces.
    public var lines: [String] {
        let all = [headers] + rows
        let widths = headers.indices.map { column in
            all.map { TerminalText.width($0[column]) }.max() ?? 0
        }
        return all.map { row in
            let cells = row.indices.map { column in
                let space = String(
                    repeating: " ", count: widths[column] - TerminalText.width(row[column]))
                return numbers.contains(column) ? space + row[column] : row[column] + space
            }
            return cells.joined(separator: "  ").trimmedAtEnd
        }
    }
}

/// Names with values, for people: the values begin in one column.
public struct Facts {
    private var pairs: [(name: String, value: String)] = []

    public init() {}

    /// Nothing is added for a value that is missing or empty.
    public mutating func append(_ name: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        pairs.append((name, TerminalText.harmless(value)))
    }

    public var lines: [String] {
        let width = pairs.map { TerminalText.width($0.name) }.max() ?? 0
        return pairs.map { TerminalText.padded($0.name, width) + "  " + $0.value }
    }
}

extension String {
    var trimmedAtEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
