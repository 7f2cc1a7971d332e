/// The first line and the headers of an HTTP/1.1 message (RFC 9112), as it came.
public struct HTTPHead: Sendable, Hashable {
    public static var maximumBytes: Int { 16_384 }

    /// The words of the first line, at most three.
    public let start: [String]
    /// Names in lower case, in the order they came.
    public let headers: [(name: String, value: String)]

    public static func == (one: HTTPHead, other: HTTPHead) -> Bool {
        one.start == other.start && one.headers.elementsEqual(other.headers, by: ==)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(start) }

    /// What a look at the beginning of a stream gives.
    public enum Parsed: Hashable {
        /// The head goes on.
        case incomplete
        case complete(HTTPHead, byteCount: Int)
        /// A sentence.
        case malformed(String)
    }

    /// Looks for a head at the beginning of `bytes`.
    public static func parse(_ bytes: UnsafeRawBufferPointer) -> Parsed {
        guard let end = end(of: bytes) else {
            return bytes.count < maximumBytes
                ? .incomplete : .malformed("its header is over \(maximumBytes) bytes")
        }
        guard end <= maximumBytes else {
            return .malformed("its header is over \(maximumBytes) bytes")
        }
        // Lines end in CR and LF, and nothing else ends one: a header that some see and others don't is how
        // requests are smuggled (RFC 9112, section 11.2).
        var lines: [String] = []
        for line in bytes[..<(end - 4)].split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        {
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard !line.contains(where: { $0 < 32 && $0 != 9 || $0 == 127 }) else {
                return .malformed("its header has control characters")
            }
            guard let text = String(validating: line, as: UTF8.self) else {
                return .malformed("its header is no UTF-8")
            }
            lines.append(text)
        }
        guard let first = lines.first, !first.isEmpty else {
            return .malformed("its first line is empty")
        }
        let start = first.split(separator: " ", maxSplits: 2).map(String.init)
        guard start.count >= 2 else { return .malformed("its first line is '\(first.prefix(60))'") }
        var headers: [(String, String)] = []
        for line in lines.dropFirst() {
            guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")),
                isToken(line[..<colon])
            else { return .malformed("a header line is '\(line.prefix(60))'") }
            let value = line[line.utf8.index(after: colon)...]
                .drop { $0 == " " || $0 == "\t" }
            headers.append((line[..<colon].lowercased(), trimmedEnd(value)))
        }
        return .complete(HTTPHead(start: start, headers: headers), byteCount: end)
    }

    /// RFC 9110, section 5.6.2.
    static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                    || "!#$%&'*+-.^_`|~".utf8.contains($0)
            }
    }

    /// Behind the empty line.
    private static func end(of bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<min(bytes.count, maximumBytes + 4)
        where bytes[index] == 10 && bytes[index - 1] == 13 && bytes[index - 2] == 10
            && bytes[index - 3] == 13
        {
            return index + 1
        }
        return nil
    }

    private static func trimmedEnd(_ text: Substring) -> String {
        var text = text
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }

    init(start: [String], headers: [(String, String)]) {
        self.start = start
        self.headers = headers
    }

    /// Of a request; empty for a response.
    public var method: String { start[0].hasPrefix("HTTP/") ? "" : start[0] }

    /// Of a request: path and query.
    public var target: String { start[1] }

    /// All headers of this name, which is given in lower case.
    public func values(_ name: String) -> [String] {
        headers.filter { $0.name == name }.map(\.value)
    }

    /// The first header of this name, which is given in lower case.
    public subscript(name: String) -> String? { headers.first { $0.name == name }?.value }

    /// Whether a header that is a list has this word, in any case.
    public func has(_ word: String, in name: String) -> Bool {
        headers.contains { header in
            header.name == name
                && header.value.split(separator: ",").contains {
                    $0.trimmingSpaces().lowercased() == word
                }
        }
    }

    /// Of a response; nil when the first line is none of a response.
    public var status: Int? {
        guard start[0].hasPrefix("HTTP/1.") else { return nil }
        return Int(start[1]).flatMap { (100...599).contains($0) ? $0 : nil }
    }

    /// Of a response.
    public var reason: String { start.count > 2 ? start[2] : "" }
}

extension Substring {
    func trimmingSpaces() -> Substring {
        var text = drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
