import Control
import JSON
import Testing

/// What the talk server says to those who are not invited, and to who can't speak its language.
@Suite(.serialized) struct TalkServerTests {
    @Test func strangersGetNothing() throws {
        let sessions = try WebRTCSessions()
        let url = try sessions.listen()
        let host = url.dropFirst(7).dropLast()
        func status(_ request: String) throws -> Substring {
            try HTTPProbe.exchange(url, request).dropFirst(9).prefix(3)
        }
        let end = "\r\nConnection: close\r\n\r\n"
        #expect(try status("GET / HTTP/1.1\r\nHost: \(host)\(end)") == "200")
        #expect(try status("GET /../../etc/passwd HTTP/1.1\r\nHost: \(host)\(end)") == "404")
        #expect(try status("GET /talk.js?x HTTP/1.1\r\nHost: \(host)\(end)") == "200")
        // A name that somebody had lead to this machine.
        #expect(try status("GET / HTTP/1.1\r\nHost: evil.example\(end)") == "403")
        #expect(try status("GET / HTTP/1.1\(end)") == "403")
        // A page of somebody else's in the browser of a user.
        let head = "Host: \(host)\r\nContent-Type: application/sdp\r\nContent-Length: 0"
        #expect(
            try status("POST /whip HTTP/1.1\r\nOrigin: http://evil.example\r\n\(head)\(end)")
                == "403")
        #expect(try status("GET /whip HTTP/1.1\r\nHost: \(host)\(end)") == "405")
        #expect(try status("DELETE /whip/guess HTTP/1.1\r\nHost: \(host)\(end)") == "404")
        #expect(try status("POST /whip HTTP/1.1\r\nHost: \(host)\(end)") == "415")
        #expect(
            try status("POST /whip HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 999999999\(end)")
                == "413")
        #expect(try status("NONSENSE\(end)") == "400")
        #expect(try sessions.client.call("sessions.list")["sessions"]?.arrayValue?.count == 1)
    }

    @Test(arguments: ["", "v=0\r\n", "\u{1}\u{2}", String(repeating: "a=b\r\n", count: 13_000)])
    func anOfferThatIsNoneIsRefusedAndNoSessionIsLeft(offer: String) throws {
        let sessions = try WebRTCSessions()
        let url = try sessions.listen()
        let answer = try HTTPProbe.post(url + "whip", type: "application/sdp", offer)
        #expect(answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
        #expect(answer.split(separator: "\r\n\r\n").last.map { $0.count > 10 } == true)
        let closed = try sessions.event("session_closed")
        #expect(closed["session"] != "s1")
        #expect(try sessions.client.call("sessions.list")["sessions"]?.arrayValue?.count == 1)
    }

    @Test func whoDoesNotShowTheTokenGetsThePageOnly() throws {
        let sessions = try WebRTCSessions()
        let url = try sessions.listen([
            "requireToken": true, "bearerToken": "sk-canary-token",
        ])
        let refused = try HTTPProbe.post(url + "whip", type: "application/sdp", "v=0\r\n")
        #expect(refused.hasPrefix("HTTP/1.1 401"), "\(refused)")
        #expect(refused.contains("WWW-Authenticate: Bearer"))
        #expect(try sessions.client.call("sessions.list")["sessions"]?.arrayValue?.count == 1)
    }

    @Test func aListenerHasNoMicrophoneAndItsCallersDo() throws {
        let sessions = try WebRTCSessions()
        _ = try sessions.listen()
        let room = try sessions.client.call("sessions.get", ["session": "room"])
        #expect(room["state"] == "connected")
        #expect(room["local"] == ["kind": "stream", "listens": true])
        let program = try sessions.program("room")
        #expect(program.greeting.contains("waits for callers"), "\(program.greeting)")
        let changed = try sessions.client.call(
            "session.setLocal",
            ["session": "room", "local": ["kind": "stream", "rate": 16_000]])
        #expect(changed["listens"] == true)
    }
}
