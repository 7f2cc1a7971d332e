import HTTP
import Testing

@Suite struct MessageTests {
    @Test func aRequestIsWritten() throws {
        let request = HTTPRequest(
            "POST", try HTTPURL("https://h:8443/x?y"), headers: [("Accept", "application/sdp")],
            authorization: "Bearer k", body: Array("v=0".utf8))
        #expect(
            String(decoding: try request.serialized(), as: UTF8.self)
                == "POST /x?y HTTP/1.1\r\nHost: h:8443\r\nAuthorization: Bearer k\r\n"
                + "Accept: application/sdp\r\nContent-Length: 3\r\nConnection: close\r\n\r\nv=0")
    }

    @Test func aResponseIsWrittenAndReadAgain() throws {
        let response = HTTPResponse(201, "Created", headers: [("ETag", "\"x\"")], body: [1, 2])
        var reader = HTTPMessageReader(.responses(method: "POST"))
        try response.serialized(keepsConnection: false).withUnsafeBytes { reader.receive($0) }
        let message = try #require(try reader.next())
        #expect(message.status == 201)
        #expect(message.head["etag"] == "\"x\"")
        #expect(message.body == [1, 2])
        #expect(!message.keepsConnection)
        let none = try HTTPResponse(204, "No Content", body: [1]).serialized(keepsConnection: true)
        #expect(String(decoding: none, as: UTF8.self) == "HTTP/1.1 204 No Content\r\n\r\n")
    }

    @Test func headersCantCarryOthers() throws {
        var request = HTTPRequest("GET", try HTTPURL("http://h/"))
        request.authorization = "Bearer secret\r\nX: y"
        let fault = #expect(throws: HTTPFault.self) { _ = try request.serialized() }
        #expect(fault == .invalidHeader("Authorization"))
        #expect(fault?.description.contains("secret") == false)
        request.authorization = nil
        request.headers = [("X:", "y")]
        #expect(throws: HTTPFault.self) { _ = try request.serialized() }
    }

    @Test(arguments: [
        ("https://other/x", "https://other/x"), ("//other/x", "https://other/x"),
        ("/r/1", "https://h:8443/r/1"), ("1", "https://h:8443/a/1"), ("./1", "https://h:8443/a/1"),
        ("../1", "https://h:8443/1"), ("../../../1", "https://h:8443/1"),
        ("?q", "https://h:8443/a/b?q"),
        ("", "https://h:8443/a/b?c=d/e"), ("/x?u=http://y", "https://h:8443/x?u=http://y"),
    ])
    func referencesAreResolved(reference: String, expected: String) throws {
        let base = try HTTPURL("https://h:8443/a/b?c=d/e")
        #expect(try base.resolving(reference).description == expected)
    }

    @Test func originsAreToldApart() throws {
        let url = try HTTPURL("https://h/")
        #expect(url.hasSameOrigin(as: try HTTPURL("https://H:443/x")))
        for other in ["http://h:443/", "https://h:444/", "https://g/"] {
            #expect(!url.hasSameOrigin(as: try HTTPURL(other)))
        }
    }

    @Test func linksAreRead() throws {
        let text = """
            HTTP/1.1 201 Created\r
            Link: <stun:stun.example.net>; rel="ice-server"\r
            Link: <turn:t.example.net?transport=udp>; rel="ice-server"; username="a\\"b"; \
            credential="c,d;e"; credential-type="password", </next>;rel=next\r
            Link: <unfinished\r
            \r

            """
        var reader = HTTPMessageReader(.responses(method: "POST"))
        Array((text).utf8).withUnsafeBytes { reader.receive($0) }
        reader.receiveEnd()
        let links = LinkHeader.links(of: try #require(try reader.next()).head)
        #expect(
            links.map(\.target) == [
                "stun:stun.example.net", "turn:t.example.net?transport=udp", "/next",
            ])
        #expect(links.map(\.relations) == [["ice-server"], ["ice-server"], ["next"]])
        #expect(links[1].parameters["username"] == "a\"b")
        #expect(links[1].parameters["credential"] == "c,d;e")
    }
}
