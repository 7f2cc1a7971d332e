import Metrics

/// An answer to a scraper. Each one ends its connection: scrapers come seconds apart, and what is closed
/// costs nothing in between.
struct ScrapeResponse: Equatable {
    let status: String
    var headers: [String] = []
    var contentType = "text/plain; charset=utf-8"
    let body: [UInt8]
    var includesBody = true

    init(_ status: String, headers: [String] = [], _ sentence: String) {
        self.status = status
        self.headers = headers
        body = Array("\(sentence)\n".utf8)
    }

    init(metrics: [UInt8], includesBody: Bool) {
        status = "200 OK"
        contentType = OpenMetricsText.contentType
        body = metrics
        self.includesBody = includesBody
    }

    static let malformed = ScrapeResponse(
        "400 Bad Request", "this is no HTTP/1.1 request; try GET \(ScrapeRequest.path)")
    static let wrongPath = ScrapeResponse(
        "404 Not Found", "there is only \(ScrapeRequest.path)")
    static let wrongMethod = ScrapeResponse(
        "405 Method Not Allowed", headers: ["Allow: GET, HEAD"], "use GET")
    static let tooLate = ScrapeResponse(
        "408 Request Timeout", "the request did not come in the time allowed")
    static let tooMany = ScrapeResponse(
        "429 Too Many Requests", headers: ["Retry-After: 1"],
        "metrics are asked for too often: wait between scrapes")
    static let forbidden = ScrapeResponse(
        "403 Forbidden", "this user may not read the metrics (control.metricsSocket)")
    static let noPlace = ScrapeResponse(
        "503 Service Unavailable", headers: ["Retry-After: 1"],
        "too many scrapers are connected")

    static func headTooLong(limit: Int) -> ScrapeResponse {
        ScrapeResponse(
            "431 Request Header Fields Too Large", "a request may have \(limit) bytes")
    }

    var bytes: [UInt8] {
        var head = "HTTP/1.1 \(status)\r\nContent-Type: \(contentType)\r\n"
        head += "Content-Length: \(body.count)\r\nCache-Control: no-store\r\n"
        for header in headers { head += header + "\r\n" }
        head += "Connection: close\r\n\r\n"
        return Array(head.utf8) + (includesBody ? body : [])
    }
}
