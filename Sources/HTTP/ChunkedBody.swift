/// A body in chunks (RFC 9112, section 7.1). Extensions and trailers are read over.
struct ChunkedBody: Sendable {
    private enum Stage: Sendable {
        case size
        case data(remaining: Int)
        case lineEnd
        case trailers
    }

    private static var maximumLineBytes: Int { 1_024 }
    private static var maximumTrailerBytes: Int { 8_192 }

    private var stage = Stage.size
    private var trailerBytes = 0

    /// Takes what can be taken from the front of `waiting`.
    ///
    /// - Returns: whether the body is complete.
    mutating func take(
        _ waiting: inout [UInt8], into body: inout [UInt8], maximumBytes: Int
    ) throws(HTTPFault) -> Bool {
        var place = 0
        defer { waiting.removeFirst(place) }
        while true {
            switch stage {
            case .size:
                guard let line = try Self.line(waiting, from: place) else { return false }
                let size = try Self.size(waiting[place..<line.end])
                guard size <= maximumBytes - body.count else {
                    throw .tooLong(limit: maximumBytes)
                }
                place = line.next
                stage = size == 0 ? .trailers : .data(remaining: size)
            case .data(let remaining):
                let count = min(remaining, waiting.count - place)
                body += waiting[place..<place + count]
                place += count
                guard count == remaining else {
                    stage = .data(remaining: remaining - count)
                    return false
                }
                stage = .lineEnd
            case .lineEnd:
                guard let line = try Self.line(waiting, from: place) else { return false }
                guard line.end == place else {
                    throw .malformed("a chunk is longer than it says")
                }
                place = line.next
                stage = .size
            case .trailers:
                guard let line = try Self.line(waiting, from: place) else { return false }
                let isLast = line.end == place
                trailerBytes += line.next - place
                place = line.next
                guard trailerBytes <= Self.maximumTrailerBytes else {
                    throw .malformed("its trailers are over \(Self.maximumTrailerBytes) bytes")
                }
                if isLast { return true }
            }
        }
    }

    /// Where the line that begins at `start` ends, and where the next begins; nil while it goes on.
    private static func line(
        _ bytes: [UInt8], from start: Int
    ) throws(HTTPFault) -> (end: Int, next: Int)? {
        let window = bytes[start..<min(bytes.count, start + maximumLineBytes)]
        guard let feed = window.firstIndex(of: UInt8(ascii: "\n")) else {
            guard window.count < maximumLineBytes else {
                throw .malformed("a chunk's line is over \(maximumLineBytes) bytes")
            }
            return nil
        }
        guard feed > start, bytes[feed - 1] == UInt8(ascii: "\r") else {
            throw .malformed("a chunk's line ends in LF alone")
        }
        return (feed - 1, feed + 1)
    }

    private static func size(_ line: ArraySlice<UInt8>) throws(HTTPFault) -> Int {
        let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        let text = String(decoding: digits, as: UTF8.self)
        guard (1...8).contains(digits.count), text.allSatisfy(\.isHexDigit),
            let size = Int(text, radix: 16)
        else { throw .malformed("a chunk's size is no number") }
        return size
    }
}
