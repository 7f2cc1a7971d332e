import Testing

@testable import Control

@Suite("A scraper's request is judged")
struct ScrapeRequestTests {
    private func judge(_ text: String, limit: Int = 8_192) -> ScrapeRequest {
        ScrapeRequest(Array(text.utf8), limit: limit)
    }

    @Test("GET and HEAD of /metrics, with or without a query")
    func good() {
        let host = "Host: localhost\r\n\r\n"
        #expect(judge("GET /metrics HTTP/1.1\r\n" + host) == .metrics(includesBody: true))
        #expect(judge("GET /metrics?a=b HTTP/1.1\r\n" + host) == .metrics(includesBody: true))
        #expect(judge("HEAD /metrics HTTP/1.1\r\n" + host) == .metrics(includesBody: false))
        #expect(judge("GET /metrics HTTP/1.0\r\n\r\n") == .metrics(includesBody: true))
    }

    @Test("a head that has not ended is waited for, up to its limit")
    func incomplete() {
        #expect(judge("") == .incomplete)
        #expect(judge("GET /metrics HTTP/1.1\r\nHost: x\r\n") == .incomplete)
        #expect(
            judge("GET /metrics HTTP/1.1\r\nX: \(String(repeating: "x", count: 80))", limit: 64)
                == .refused(.headTooLong(limit: 64)))
    }

    @Test(
        "what is no request of HTTP/1.1 is malformed",
        arguments: [
            "GET /metrics\r\n\r\n", " GET /metrics HTTP/1.1\r\nHost: x\n\r\n\r\n",
            "GET /metrics HTTP/1.1\r\n\r\n", "GET /metrics HTTP/2.0\r\nHost: x\r\n\r\n",
            "GET /metrics HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
            "GET /metrics HTTP/1.1\r\nHost\r\n\r\n", "\r\n\r\n", "\u{0}\r\n\r\n",
        ])
    func malformed(_ text: String) { #expect(judge(text) == .refused(.malformed)) }

    @Test("other paths and methods are named")
    func others() {
        let host = "Host: localhost\r\n\r\n"
        #expect(judge("GET / HTTP/1.1\r\n" + host) == .refused(.wrongPath))
        #expect(judge("GET /metricsx HTTP/1.1\r\n" + host) == .refused(.wrongPath))
        #expect(judge("POST /metrics HTTP/1.1\r\n" + host) == .refused(.wrongMethod))
    }
}
