/// The lines of a description or of a fragment of one: a letter and what follows the equals sign.
struct DescriptionLines {
    struct Line {
        /// Counted from 1.
        let number: Int
        let letter: UInt8
        let value: Substring
    }

    let lines: [Line]

    /// Lines end in LF, with or without CR; empty ones are read over, though they count.
    init(_ bytes: some RandomAccessCollection<UInt8>) throws(DescriptionFault) {
        guard bytes.count <= DescriptionLimits.bytes else {
            throw DescriptionFault(
                "has \(bytes.count) bytes; over \(DescriptionLimits.bytes) are refused unread")
        }
        var lines: [Line] = []
        var number = 0
        let pieces = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for piece in pieces {
            number += 1
            let piece = piece.last == UInt8(ascii: "\r") ? piece.dropLast() : piece
            if piece.isEmpty { continue }
            do {
                lines.append(try Self.line(number, piece))
            } catch {
                throw DescriptionFault(line: number, error.reason)
            }
        }
        self.lines = lines
    }

    private static func line(
        _ number: Int, _ bytes: some RandomAccessCollection<UInt8>
    ) throws(DescriptionFault) -> Line {
        guard bytes.count <= DescriptionLimits.lineBytes else {
            throw DescriptionFault(
                "has \(bytes.count) bytes; over \(DescriptionLimits.lineBytes) are refused")
        }
        guard !bytes.contains(where: { $0 < 32 && $0 != 9 || $0 == 127 }),
            let text = String(validating: bytes, as: UTF8.self)
        else { throw DescriptionFault("is no text: it has control characters or no UTF-8") }
        let (letter, value) = text[...].cut(at: UInt8(ascii: "="))
        guard letter.utf8.count == 1, let first = letter.utf8.first, (97...122).contains(first),
            let value
        else { throw DescriptionFault("is \(text[...].quoted), not a letter and an equals sign") }
        return Line(number: number, letter: first, value: value)
    }

    /// Joins lines; what would end one early becomes a space, whoever's name it stood in.
    static func text(_ lines: [String]) -> String {
        var bytes: [UInt8] = []
        for line in lines {
            bytes += line.utf8.map { $0 < 32 && $0 != 9 || $0 == 127 ? UInt8(ascii: " ") : $0 }
            bytes += [13, 10]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
