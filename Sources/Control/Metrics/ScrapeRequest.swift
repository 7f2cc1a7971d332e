/// What a scraper asks for: the head of one HTTP/1.1 request (RFC 9112), judged.
///
/// Only as much of HTTP as a scraper needs: no body, no second request on a connection.
enum ScrapeRequest: Equatable {
    /// The head is not complete yet.
    case incomplete
    case metrics(includesBody: Bool)
    case refused(ScrapeResponse)

    static let path = "/metrics"

    /// Looks at all that came.
    ///
    /// - Parameter limit: bytes that a head may have.
    init(_ bytes: [UInt8], limit: Int) {
        guard let end = Self.end(of: bytes) else {
            self = bytes.count < limit ? .incomplete : .refused(.headTooLong(limit: limit))
            return
        }
        guard end <= limit else {
            self = .refused(.headTooLong(limit: limit))
            return
        }
        self = Self.judge(String(decoding: bytes[..<end], as: UTF8.self))
    }

    private static func judge(_ head: String) -> ScrapeRequest {
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: true)
        let words = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
            return .refused(.malformed)
        }
        var hosts = 0
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
                return .refused(.malformed)
            }
            if line[..<colon].lowercased() == "host" { hosts += 1 }
        }
        // RFC 9112, section 3.2.
        guard hosts == 1 || (hosts == 0 && words[2] == "HTTP/1.0") else {
            return .refused(.malformed)
        }
        guard words[0] == "GET" || words[0] == "HEAD" else { return .refused(.wrongMethod) }
        guard words[1].prefix(while: { $0 != "?" }) == Self.path else {
            return .refused(.wrongPath)
        }
        return .metrics(includesBody: words[0] == "GET")
    }

    /// Behind the empty line.
    private static func end(of bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (4...bytes.count).first { bytes[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
    }
}
