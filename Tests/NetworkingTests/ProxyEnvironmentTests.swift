import Networking
import Testing
import WebSocket

@Suite struct ProxyEnvironmentTests {
    private func proxy(_ url: String, _ variables: [String: String]) throws -> String? {
        let found = try ProxyEnvironment { variables[$0] }.proxy(for: try WebSocketURL(url))
        return found.map { "\($0.host) \($0.port) \($0.credentials)" }
    }

    @Test func isTheOneOfTheScheme() throws {
        let variables = ["https_proxy": "http://a:1", "http_proxy": "b:2", "ALL_PROXY": "c:3"]
        #expect(try proxy("wss://x/", variables) == "a 1 ")
        #expect(try proxy("ws://x/", variables) == "b 2 ")
        #expect(try proxy("ws://x/", ["ALL_PROXY": "c:3"]) == "c 3 ")
        #expect(try proxy("ws://x/", ["HTTP_PROXY": "b:2"]) == nil)
        #expect(try proxy("wss://x/", [:]) == nil)
    }

    @Test func exceptionsHold() throws {
        var variables = ["https_proxy": "http://a:1", "no_proxy": "one.org, .two.org"]
        #expect(try proxy("wss://one.org/", variables) == nil)
        #expect(try proxy("wss://api.two.org/", variables) == nil)
        #expect(try proxy("wss://notone.org/", variables) == "a 1 ")
        variables["no_proxy"] = "*"
        #expect(try proxy("wss://three.org/", variables) == nil)
        #expect(try proxy("wss://127.0.0.1/", ["https_proxy": "http://a:1"]) == nil)
    }

    @Test func credentialsAreTakenOutOfTheURL() throws {
        #expect(
            try proxy("wss://x/", ["https_proxy": "http://me:p%40ss@a:1/"]) == "a 1 me:p@ss")
    }

    @Test(arguments: ["socks5://a:1", "http://", "http://a:b@", "https://a:1"])
    func whatIsNoneIsNamedByVariableOnly(_ value: String) {
        let error = #expect(throws: WebSocketError.self) {
            try proxy("wss://x/", ["https_proxy": value])
        }
        #expect(error?.description.contains("https_proxy") == true)
        #expect(error?.description.contains("a:b") == false)
    }
}
