import HTTP

/// What a scraper asks for: the head of one HTTP/1.1 request, judged.
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
        switch bytes.withUnsafeBytes({ HTTPHead.parse($0) }) {
        case .incomplete:
            self = bytes.count < limit ? .incomplete : .refused(.headTooLong(limit: limit))
        case .malformed: self = .refused(.malformed)
        case .complete(let head, let count):
            self = count <= limit ? Self.judge(head) : .refused(.headTooLong(limit: limit))
        }
    }

    private static func judge(_ head: HTTPHead) -> ScrapeRequest {
        guard head.start.count == 3, ["HTTP/1.1", "HTTP/1.0"].contains(head.start[2]) else {
            return .refused(.malformed)
        }
        // RFC 9112, section 3.2.
        let hosts = head.values("host").count
        guard hosts == 1 || (hosts == 0 && head.start[2] == "HTTP/1.0") else {
            return .refused(.malformed)
        }
        guard head.method == "GET" || head.method == "HEAD" else { return .refused(.wrongMethod) }
        guard head.target.prefix(while: { $0 != "?" }) == path else {
            return .refused(.wrongPath)
        }
        return .metrics(includesBody: head.method == "GET")
    }
}
