import HTTP
import Testing
import WebSocket

@Suite struct ConnectionTests {
    private func request(_ url: String = "ws://localhost/v1?model=m") throws
        -> WebSocketConnection.Request
    {
        WebSocketConnection.Request(try WebSocketURL(url))
    }

    @Test(arguments: [1, 2, 7, 65_536])
    func messagesGoBothWaysInPiecesOfAnySize(_ pieceBytes: Int) throws {
        let pair = try Pair(try request(), pieceBytes: pieceBytes)
        pair.run()
        pair.client.sendText("grüß dich")
        pair.client.sendPing()
        pair.run()
        pair.client.close(code: 1000, reason: "enough")
        pair.run()
        #expect(pair.serverHead?.start[1] == "/v1?model=m")
        #expect(pair.serverLog == ["opened", "text grüß dich", "closed 1000 enough"])
        #expect(pair.clientLog == ["opened", "text grüß dich", "pong", "closed 1000 enough"])
    }

    @Test func aMessageOf16MiBArrives() throws {
        let pair = try Pair(try request())
        pair.run()
        pair.client.sendText(String(repeating: "x", count: 16 << 20))
        pair.run()
        #expect(pair.clientLog.last == "text of 16777216")
    }

    @Test func aLongerMessageThanAllowedClosesWith1009() throws {
        var small = try request()
        small.maximumMessageBytes = 10
        let pair = try Pair(small)
        pair.run()
        pair.server.sendText("12345678901")
        pair.run()
        #expect(
            pair.clientLog.last
                == "failed: \(WebSocketError.violation(code: 1009))")
        #expect(pair.serverLog.last == "closed 1009 ")
    }

    @Test(
        arguments: [
            // A reserved bit, a masked frame of a server, broken UTF-8, a continuation of nothing.
            ([0xC1, 0x00], 1002), ([0x81, 0x80, 0, 0, 0, 0], 1002),
            ([0x81, 0x02, 0xC3, 0x28], 1007),
            ([0x80, 0x01, 0x41], 1002),
        ] as [([UInt8], Int)])
    func aPeerThatBreaksTheProtocolIsClosed(_ bytes: [UInt8], _ code: Int) throws {
        let pair = try Pair(try request())
        pair.run()
        pair.serverSends(bytes)
        #expect(
            pair.clientLog.last == "failed: \(WebSocketError.violation(code: UInt16(code)))")
        let answers = pair.client.outgoing.count
        #expect(answers > 0)
    }

    @Test func binaryAndFragmentsAreMessages() throws {
        let pair = try Pair(try request())
        pair.run()
        pair.serverSends([0x82, 0x01, 0x05])
        pair.serverSends([0x01, 0x01, 0x41])
        pair.serverSends([0x00, 0x01, 0x42])
        pair.serverSends([0x80, 0x01, 0x43])
        #expect(pair.clientLog == ["opened", "binary of 1", "text ABC"])
    }

    @Test func headersAndSubprotocolsReachTheServer() throws {
        var request = try request()
        request.headers = [("Authorization", "Bearer k")]
        request.subprotocols = ["realtime", "other"]
        let pair = try Pair(request) { _ in .accept(subprotocol: "realtime") }
        pair.run()
        #expect(pair.clientLog == ["opened"])
        #expect(pair.serverHead?["authorization"] == "Bearer k")
        #expect(pair.serverHead?["sec-websocket-protocol"] == "realtime, other")
    }

    @Test func aRefusalKeepsStatusReasonBodyAndWhenToComeBack() throws {
        let pair = try Pair(try request()) { _ in
            .refuse(
                status: 429, reason: "Too Many Requests", headers: ["Retry-After: 7"],
                body: "{\"error\":{\"code\":\"rate_limit_exceeded\"}}")
        }
        pair.run()
        let expected = WebSocketError.refused(
            status: 429, reason: "Too Many Requests",
            body: "{\"error\":{\"code\":\"rate_limit_exceeded\"}}", retryAfterSeconds: 7)
        #expect(pair.clientLog == ["failed: \(expected)"])
        var seen: WebSocketError?
        let again = try WebSocketConnection(try request())
        Array(
            ("HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nno k").utf8
        ).withUnsafeBytes { again.receive($0) { if case .failed(let error) = $0 { seen = error } } }
        #expect(
            seen
                == .refused(
                    status: 401, reason: "Unauthorized", body: "no k", retryAfterSeconds: nil))
    }

    @Test func aRefusalWithoutALengthEndsWithTheStream() throws {
        let pair = try Pair(try request())
        pair.serverSends("HTTP/1.1 503 Busy\r\n\r\nlater")
        #expect(pair.clientLog.isEmpty)
        pair.endOfServer()
        #expect(pair.clientLog.count == 1)
    }

    @Test(arguments: [
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", "first line"),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "does not upgrade"),
        (
            "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
                + "Sec-WebSocket-Accept: AAAA\r\n\r\n", "not for our key"
        ),
        ("HTTP/1.1 101 X\r\nbroken line\r\n\r\n", "header line"),
        (String(repeating: "x", count: 20_000), "over 16384 bytes"),
    ])
    func anAnswerThatIsNoWebSocketSaysWhy(_ answer: String, _ why: String) throws {
        let pair = try Pair(try request())
        pair.serverSends(answer)
        #expect(pair.clientLog.count == 1)
        #expect(pair.clientLog[0].contains(why), "\(pair.clientLog[0])")
    }

    @Test func anEndWithoutACloseFrameIsTold() throws {
        let pair = try Pair(try request())
        pair.run()
        pair.endOfServer()
        #expect(pair.clientLog == ["opened", "failed: \(WebSocketError.ended)"])
    }

    @Test func aTunnelIsMadeFirstAndTheServerSeesNothingOfIt() throws {
        var request = try request("ws://example.org:8080/x")
        request.proxyCredentials = "u:p"
        request.headers = [("Authorization", "Bearer k")]
        let connection = try WebSocketConnection(request)
        let asked = String(decoding: connection.outgoing.bytes, as: UTF8.self)
        #expect(asked.hasPrefix("CONNECT example.org:8080 HTTP/1.1\r\n"))
        #expect(asked.contains("Proxy-Authorization: Basic dTpw"))
        #expect(!asked.contains("Bearer"))
        connection.sent(asked.utf8.count)
        Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8).withUnsafeBytes {
            connection.receive($0) { _ in }
        }
        let next = String(decoding: connection.outgoing.bytes, as: UTF8.self)
        #expect(next.hasPrefix("GET /x HTTP/1.1\r\nHost: example.org:8080\r\n"))
        #expect(!next.contains("Proxy-Authorization"))
    }

    @Test func aProxyThatRefusesIsNamed() throws {
        var request = try request()
        request.proxyCredentials = ""
        let pair = try Pair(request)
        pair.serverSends("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        #expect(
            pair.clientLog == [
                "failed: the proxy refused the tunnel: 407 Proxy Authentication Required"
            ])
    }
}
