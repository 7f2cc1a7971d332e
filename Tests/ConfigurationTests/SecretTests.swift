import Configuration
import Foundation
import JSON
import Testing

@Suite("Secrets are named, bound to a server, and read when they are needed")
struct SecretTests {
    private func text(_ secret: borrowing SecretBytes) -> String {
        secret.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    private func failure(_ source: SecretSource, _ variables: [String: String] = [:]) -> String? {
        do throws(SecretError) {
            _ = try source.read(environment: Environment(variables))
            return nil
        } catch {
            return error.description
        }
    }

    @Test("a credential, a file and a variable are read without their last newline")
    func read() throws {
        let directory = TemporaryDirectory()
        try directory.write("openai", "sk-one\n", mode: 0o444)
        let file = try directory.write("key", "sk-two\r\n")
        let environment = Environment(["CREDENTIALS_DIRECTORY": directory.path, "KEY": "sk-three"])
        let one = try SecretSource.credential("openai").read(environment: environment)
        #expect(text(one) == "sk-one")
        let two = try SecretSource.file(file).read(environment: environment)
        #expect(text(two) == "sk-two")
        let three = try SecretSource.environment("KEY").read(environment: environment)
        #expect(text(three) == "sk-three")
    }

    @Test("what can't be read says where it was looked for and what to do, never the secret")
    func refused() throws {
        let directory = TemporaryDirectory()
        let open = try directory.write("open", "sk-open", mode: 0o644)
        let empty = try directory.write("empty", "\n")
        let zero = try directory.write("zero", "sk-\0x")
        mkfifo("\(directory.path)/fifo", 0o600)
        #expect(failure(.credential("a"))?.contains("LoadCredential=a:") == true)
        #expect(failure(.environment("NONE")) == "the secret's variable $NONE is not set or empty")
        #expect(failure(.file(open))?.contains("chmod o-rwx \(open)") == true)
        #expect(failure(.file(open))?.contains("sk-open") == false)
        #expect(failure(.file(empty))?.hasSuffix("is empty") == true)
        #expect(failure(.file(zero))?.hasSuffix("holds a NUL byte") == true)
        #expect(failure(.file("\(directory.path)/fifo"))?.hasSuffix("not a regular file") == true)
        #expect(failure(.file("/nowhere"))?.contains("No such file") == true)
    }

    @Test("a secret is taken out of the options and bound to the url beside it")
    func bound() throws {
        let settings = try Settings.parse(
            """
            [transports.peer]
            url = "wss://API.example.com/v1"
            apiKey = { credential = "peer" }
            [transports.peer.turn]
            password = { environment = "TURN" }
            """)
        let peer = try #require(settings[transport: "peer"])
        #expect(peer.options["apiKey"] == nil)
        #expect(peer.options["url"]?.stringValue == "wss://API.example.com/v1")
        let key = try #require(peer.secrets["apiKey"])
        #expect(key.source == .credential("peer"))
        #expect(peer.secrets["turn.password"]?.source == .environment("TURN"))
        #expect(key.isFor(url: "wss://api.example.com:443/other"))
        #expect(!key.isFor(url: "ws://api.example.com/v1"))
        #expect(!key.isFor(url: "wss://api.example.com:8443/v1"))
        #expect(!key.isFor(url: "wss://api.example.com.evil.test/v1"))
        #expect(!key.isFor(url: "wss://api.example.com@evil.test/v1"))
        #expect(!key.isFor(url: "wss://evil.test\\@api.example.com/"))
    }

    @Test(
        "a url whose server two readers could take for different ones is none",
        arguments: [
            "wss://user@a.test/", "wss://a.test\\b", "wss://a.test:70000/", "wss://a.test:/",
            "wss://", "a.test", "wss:///x", "wss://a .test", "wss://ä.test", "sip://a.test",
        ])
    func ambiguous(url: String) {
        #expect(Endpoint(url: url) == nil)
    }

    @Test("without a url the plugin's own is meant")
    func boundToStandard() {
        let key = BoundSecret(source: .credential("a"), endpoint: nil)
        #expect(key.isFor(url: "wss://a.test/x", standard: "wss://a.test"))
        #expect(!key.isFor(url: "wss://b.test", standard: "wss://a.test"))
        #expect(!key.isFor(url: "wss://b.test"))
    }

    @Test(
        "a secret of the wrong shape is refused",
        arguments: [
            "{ credential = \"../x\" }", "{ credential = 1 }", "{ file = \"\" }",
            "{ environment = \"A=B\" }", "{ credential = \"a\", file = \"b\" }",
        ])
    func shape(secret: String) {
        #expect(problems("[transports.a]\nkey = \(secret)").count == 1)
    }

    @Test("a secret goes unencrypted only within the machine, or where config says so")
    func plain() {
        func text(_ url: String, _ more: String = "") -> String {
            "[transports.a]\nurl = \"\(url)\"\nkey = { credential = \"k\" }\n\(more)"
        }
        #expect(
            problems(text("ws://peer.test/")) == [
                "parley.toml:3:1: transports.a.key: would go to ws://peer.test:80 unencrypted; use "
                    + "wss or https, or say insecure = true"
            ])
        #expect(problems(text("ws://127.0.0.1.evil.test/")).count == 1)
        #expect(problems(text("ws://127.0.0.1:8080/")) == [])
        #expect(problems(text("ws://[::1]:8080/")) == [])
        #expect(problems(text("ws://peer.test/", "insecure = true")) == [])
    }

    @Test("a session with another url needs its own secret")
    func sessionURL() {
        let transport = """
            [transports.a]
            url = "wss://a.test/"
            key = { credential = "k" }
            [[session]]
            name = "s"
            transport = "a"
            [session.options]
            url = "wss://b.test/"

            """
        #expect(
            problems(transport) == [
                "parley.toml:8:1: session.s.options.url: is another server than that of "
                    + "transports.a, whose key it does not get; give the session its own key"
            ])
        #expect(problems(transport + "key = { credential = \"other\" }") == [])
    }

    @Test("a secret in the open is warned about and never printed")
    func inTheOpen() throws {
        let settings = try Settings.parse("[transports.a]\napiKey = \"sk-open\"")
        #expect(settings.warnings.count == 1)
        #expect(settings.warnings.first?.description.contains("sk-open") == false)
        #expect(!settings.printed.contains("sk-open"))
    }

    @Test("a secret's file is looked for beside the config that names it")
    func relativeFile() throws {
        let settings = try Settings.parse(
            "[transports.a]\nkey = { file = \"key.txt\" }", path: "/etc/parley/parley.toml")
        #expect(settings[transport: "a"]?.secrets["key"]?.source == .file("/etc/parley/key.txt"))
    }
}
