import WebSocket

/// A request to the talk server, whole.
struct HTTPRequest: Equatable {
    var method: String
    /// Without the query.
    var path: String
    var head: HTTPHead
    var body: String

    static var maximumBodyBytes: Int { 65_536 }

    enum Parsed: Equatable {
        case incomplete
        case complete(HTTPRequest, byteCount: Int)
        /// What to answer before hanging up.
        case refused(HTTPResponse)
    }

    /// Looks for a request at the beginning of `bytes` (RFC 9112). Bodies have a Content-Length; browsers
    /// send no others.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> Parsed {
        let head: HTTPHead
        let headBytes: Int
        switch HTTPHead.parse(bytes) {
        case .incomplete: return .incomplete
        case .malformed(let why): return .refused(HTTPResponse(400, text: "Bad request: \(why)."))
        case .complete(let found, let count): (head, headBytes) = (found, count)
        }
        guard head.start.count == 3, head.start[2].hasPrefix("HTTP/1."),
            head.start[1].hasPrefix("/")
        else { return .refused(HTTPResponse(400, text: "Bad request.")) }
        guard head["transfer-encoding"] == nil else {
            return .refused(HTTPResponse(411, text: "Send a Content-Length."))
        }
        let length = head["content-length"] ?? "0"
        guard let bodyBytes = Int(length), bodyBytes >= 0 else {
            return .refused(HTTPResponse(400, text: "Bad request: Content-Length is no number."))
        }
        guard bodyBytes <= maximumBodyBytes else {
            return .refused(
                HTTPResponse(413, text: "A body has at most \(maximumBodyBytes) bytes."))
        }
        guard bytes.count >= headBytes + bodyBytes else { return .incomplete }
        let body = UnsafeRawBufferPointer(rebasing: bytes[headBytes..<(headBytes + bodyBytes)])
        guard let text = String(validating: body, as: UTF8.self) else {
            return .refused(HTTPResponse(400, text: "Bad request: the body is no UTF-8."))
        }
        let path = head.start[1].prefix { $0 != "?" }
        return .complete(
            HTTPRequest(
                method: head.start[0], path: String(path), head: head, body: text),
            byteCount: headBytes + bodyBytes)
    }
}

/// What the talk server answers.
struct HTTPResponse: Equatable {
    var status: Int
    var headers: [String] = []
    var body: [UInt8] = []

    init(_ status: Int, headers: [String] = [], text: String = "") {
        self.init(
            status,
            headers: headers
                + (text.isEmpty ? [] : ["Content-Type: text/plain; charset=utf-8"]),
            body: Array(text.utf8))
    }

    init(_ status: Int, headers: [String], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// With what every answer has: nothing is cached, framed, or guessed at.
    var bytes: [UInt8] {
        var lines = ["HTTP/1.1 \(status) \(Self.reasons[status] ?? "Unknown")"]
        lines += headers
        lines += [
            "Content-Length: \(body.count)", "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer",
            "Content-Security-Policy: default-src 'self'; img-src data:; frame-ancestors 'none'",
        ]
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }

    private static let reasons = [
        200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request", 401: "Unauthorized",
        403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 411: "Length Required",
        413: "Content Too Large", 415: "Unsupported Media Type", 503: "Service Unavailable",
    ]
}
