import HTTP

extension HTTPResponse {
    /// An answer of the talk server, with what each of them has: nothing is cached, framed, or guessed at.
    init(
        talk status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.init(
            status, Self.reasons[status] ?? "Unknown",
            headers: headers + [
                ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
                ("Referrer-Policy", "no-referrer"),
                (
                    "Content-Security-Policy",
                    "default-src 'self'; img-src data:; frame-ancestors 'none'"
                ),
            ], body: body)
    }

    /// - Parameter text: a sentence for people.
    init(talk status: Int, headers: [(name: String, value: String)] = [], text: String) {
        self.init(
            talk: status, headers: headers + [("Content-Type", "text/plain; charset=utf-8")],
            body: Array(text.utf8))
    }

    private static let reasons = [
        200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request", 401: "Unauthorized",
        403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 412: "Precondition Failed",
        413: "Content Too Large", 415: "Unsupported Media Type", 428: "Precondition Required",
        503: "Service Unavailable",
    ]
}
