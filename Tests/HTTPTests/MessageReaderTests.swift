import HTTP
import Testing

@Suite struct MessageReaderTests {
    /// Feeds pieces of `step` bytes.
    private func read(
        _ text: String, _ kind: HTTPMessageReader.Kind, step: Int = .max, ends: Bool = false,
        maximumBodyBytes: Int = 1 << 20
    ) throws -> [HTTPMessage] {
        var reader = HTTPMessageReader(kind, maximumBodyBytes: maximumBodyBytes)
        var messages: [HTTPMessage] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(step))
            rest = rest.dropFirst(step)
            piece.withUnsafeBytes { reader.receive($0) }
            while let message = try reader.next() { messages.append(message) }
        }
        if ends {
            reader.receiveEnd()
            while let message = try reader.next() { messages.append(message) }
        }
        return messages
    }

    private func text(_ message: HTTPMessage?) -> String {
        String(decoding: message?.body ?? [], as: UTF8.self)
    }

    @Test(arguments: [1, 2, 7, Int.max]) func bodiesOfEveryFramingAreRead(step: Int) throws {
        let kind = HTTPMessageReader.Kind.responses(method: "POST")
        let length = "HTTP/1.1 201 Created\r\nContent-Length: 5\r\nLocation: /x\r\n\r\nhello"
        let byLength = try read(length, kind, step: step)
        #expect(byLength.map { $0.status } == [201])
        #expect(text(byLength.first) == "hello")
        #expect(byLength.first?.keepsConnection == true)
        let chunks =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: 1\r\n\r\n"
        #expect(text(try read(chunks, kind, step: step).first) == "hello")
        let untilEnd = "HTTP/1.1 200 OK\r\n\r\nhello"
        #expect(try read(untilEnd, kind, step: step).isEmpty)
        let ended = try read(untilEnd, kind, step: step, ends: true)
        #expect(text(ended.first) == "hello")
        #expect(ended.first?.keepsConnection == false)
    }

    @Test func answersWithoutABodyHaveNone() throws {
        let none = "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n"
        #expect(try read(none, .responses(method: "DELETE")).count == 1)
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
        #expect(try read(head, .responses(method: "HEAD")).count == 1)
    }

    @Test func informationIsPassedOver() throws {
        let messages = try read(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", .responses(method: "POST"))
        #expect(messages.map { $0.status } == [200])
    }

    @Test func requestsFollowOneAnother() throws {
        let messages = try read(
            "\r\nGET /a?b HTTP/1.1\r\nHost: h\r\n\r\n"
                + "POST /c HTTP/1.1\r\nContent-Type: Application/SDP; charset=x\r\n"
                + "Content-Length: 3\r\n\r\nv=0DELETE /d HTTP/1.0\r\n\r\n", .requests)
        #expect(messages.map(\.head.method) == ["GET", "POST", "DELETE"])
        #expect(messages.map(\.head.target) == ["/a?b", "/c", "/d"])
        #expect(messages.map(\.keepsConnection) == [true, true, false])
        #expect(messages[1].mediaType == "application/sdp")
        #expect(text(messages[1]) == "v=0")
    }

    @Test(arguments: [
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\nab",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        "POST / HTTP/1.1\r\nName : x\r\n\r\n", "POST / HTTP/1.1\r\n folded: x\r\n\r\n",
        "POST / HTTP/1.1\r\nname: x\u{0}y\r\n\r\n", "POST / HTTP/1.1\r\n: x\r\n\r\n",
        "POST /\r\n\r\n", "\r\n \r\n\r\n", "P()ST / HTTP/1.1\r\n\r\n", "GET / SIP/2.0\r\n\r\n",
    ])
    func whatCouldBeReadTwoWaysIsRefused(text: String) {
        #expect(throws: HTTPFault.self) { _ = try read(text, .requests) }
    }

    @Test func lengthsAreLimited() throws {
        let kind = HTTPMessageReader.Kind.responses(method: "GET")
        for text in [
            "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\n",
            "HTTP/1.1 200 OK\r\n\r\nabcdefghijk",
        ] {
            let fault = #expect(throws: HTTPFault.self) {
                _ = try read(text, kind, maximumBodyBytes: 10)
            }
            #expect(fault == .tooLong(limit: 10))
        }
        let head = "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 17_000)
        #expect(throws: HTTPFault.self) { _ = try read(head, kind) }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ])
    func anEndWithinAnAnswerIsTold(text: String) {
        let fault = #expect(throws: HTTPFault.self) {
            _ = try read(text, .responses(method: "GET"), ends: true)
        }
        #expect(fault == .ended)
    }

    @Test func aForeignProtocolIsTold() {
        let switched = #expect(throws: HTTPFault.self) {
            _ = try read("HTTP/1.1 101 X\r\n\r\n", .responses(method: "GET"))
        }
        #expect(switched == .switched)
        #expect(throws: HTTPFault.self) {
            _ = try read("SSH-2.0-OpenSSH_9.2 x\r\n\r\n", .responses(method: "GET"))
        }
    }
}
