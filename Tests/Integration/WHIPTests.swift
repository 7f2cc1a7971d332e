import Control
import HTTP
import JSON
import ScriptedHTTPServer
import Testing

/// Calls by WHIP and WHEP: to our own talk server, and to servers that misbehave.
@Suite(.serialized) struct WHIPTests {
    private static var rate: Int { RTPSessions.rate }

    /// A room that listens and one that has called it.
    private func call(
        _ signalling: String, _ listen: JSONObject = [:], _ options: JSONObject = [:]
    ) throws -> (sessions: WebRTCSessions, caller: String) {
        let sessions = try WebRTCSessions()
        let url = try sessions.listen(listen)
        var options = options
        options["signalling"] = .string(signalling)
        options["url"] = .string(url + "whip")
        try sessions.create("visitor", options, wait: true)
        let child = try sessions.client.call("sessions.list")["sessions"]?.arrayValue?.first {
            $0["parent"] != nil
        }
        return (sessions, try #require(child?["session"]?.stringValue))
    }

    @Test func twoGatewaysTalkByWHIP() throws {
        let (sessions, caller) = try call(
            "whip", ["requireToken": true, "bearerToken": "sk-canary-whip"],
            ["auth": "key", "bearerToken": "sk-canary-whip"])
        let (near, far) = (try sessions.program("visitor"), try sessions.program(caller))
        let (up, down) = (Chirp.samples(from: 250, to: 1_000), Chirp.samples(from: 1_100, to: 300))
        near.write(up + up)
        far.write(down + down)
        let ear = far.readAside(samples: 3 * Self.rate)
        #expect(Chirp.likeness(down, in: near.read(samples: 3 * Self.rate)) > 0.9)
        #expect(Chirp.likeness(up, in: ear.wait()) > 0.9)
        _ = try sessions.client.call("sessions.close", ["session": "visitor"])
        let closed = try sessions.event("session_closed") { $0["session"] == .string(caller) }
        #expect(closed["data"]?["reason"] != nil)
    }

    @Test func byWHEPOneOnlyListens() throws {
        let (sessions, caller) = try call("whep")
        let (near, far) = (try sessions.program("visitor"), try sessions.program(caller))
        let (up, down) = (Chirp.samples(from: 250, to: 1_000), Chirp.samples(from: 1_100, to: 300))
        near.write(up + up)
        far.write(down + down)
        let ear = far.readAside(samples: 2 * Self.rate)
        #expect(Chirp.likeness(down, in: near.read(samples: 3 * Self.rate)) > 0.9)
        #expect(ear.wait().allSatisfy { $0 == 0 })
    }

    @Test func theServerHearsOfTheEndAndOfLateCandidates() throws {
        let (sessions, _) = try call("whip")
        // The resource is not told to anybody, so a stranger's guess is all that is left to try.
        let url = try #require(
            try sessions.client.call("sessions.get", ["session": "visitor"])["options"]?["url"]?
                .stringValue)
        let answer = try HTTPProbe.exchange(
            url,
            """
            PATCH /whip/guess HTTP/1.1\r\nHost: \(url.dropFirst(7).prefix { $0 != "/" })\r\n\
            Content-Type: application/trickle-ice-sdpfrag\r\nContent-Length: 0\r\n\
            Connection: close\r\n\r\n
            """)
        #expect(answer.hasPrefix("HTTP/1.1 404"), "\(answer)")
    }

    struct Refusal: Sendable, CustomStringConvertible {
        let reply: ScriptedHTTPServer.Reply
        let code: String
        let word: String
        let description: String
    }

    @Test(arguments: [
        Refusal(
            reply: .response(HTTPResponse(401, "Unauthorized")), code: "unauthorized",
            word: "401", description: "no key"),
        Refusal(
            reply: .response(HTTPResponse(404, "Not Found")), code: "not_found", word: "404",
            description: "no such place"),
        Refusal(
            reply: .response(
                HTTPResponse(
                    406, "Not Acceptable", headers: [("Content-Type", "text/plain")],
                    body: Array("no audio here\nreally".utf8))), code: "http_406",
            word: "no audio here", description: "a sentence of the server"),
        Refusal(
            reply: .response(HTTPResponse(302, "Found", headers: [("Location", "/x")])),
            code: "redirected", word: "302", description: "a redirect that loses the offer"),
        Refusal(
            reply: .response(HTTPResponse(307, "Loop", headers: [("Location", "/again")])),
            code: "redirected", word: "5 times", description: "redirects without end"),
        Refusal(
            reply: .response(HTTPResponse(201, "Created", body: Array("hello".utf8))),
            code: "bad_description", word: "session description",
            description: "an answer that is none"),
        Refusal(
            reply: .bytes(Array("SSH-2.0-OpenSSH_9.2\r\n\r\n".utf8)), code: "not_http",
            word: "HTTP", description: "another protocol"),
        Refusal(
            reply: .silence, code: "timeout", word: "not answered",
            description: "a server that stalls"),
        Refusal(
            reply: .response(HTTPResponse(503, "Full", headers: [("Retry-After", "1")])),
            code: "server_error", word: "503", description: "a server that is full"),
    ])
    func aServerThatMakesNoCallIsQuoted(refusal: Refusal) throws {
        let server = try ScriptedHTTPServer { _ in refusal.reply }
        let sessions = try WebRTCSessions()
        let url = try server.url("/whip").description
        let error = #expect(throws: ControlClientError.self) {
            try sessions.client.call(
                "sessions.create",
                [
                    "transport": "webrtc", "wait": true, "reconnect": false,
                    "local": ["kind": "stream"],
                    "options": [
                        "signalling": "whip", "url": .string(url), "answerTimeoutS": 1,
                        "addresses": ["127.0.0.1"],
                    ],
                ])
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains(refusal.word), "\(text)")
        let told = try sessions.event("session_state") { $0["data"]?["code"] != nil }
        #expect(told["data"]?["code"] == .string(refusal.code), "\(told)")
    }

    @Test func aServerThatIsFullIsAskedAgain() throws {
        let full = HTTPResponse(503, "Full", headers: [("Retry-After", "0")])
        let server = try ScriptedHTTPServer { _ in .response(full) }
        let sessions = try WebRTCSessions()
        try sessions.create(
            "visitor", ["signalling": "whip", "url": .string(try server.url("/").description)])
        try sessions.daemon.until("it asks again") { server.requests.count > 2 }
        let offer = try #require(server.requests.first)
        #expect(offer.head.method == "POST")
        #expect(offer.mediaType == "application/sdp")
        #expect(String(decoding: offer.body, as: UTF8.self).contains("m=audio"))
    }
}
