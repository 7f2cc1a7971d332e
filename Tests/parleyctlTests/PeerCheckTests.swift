import Configuration
import Glibc
import Testing

@testable import parleyctl

@Suite("The doctor goes to each configured server as the transport would")
struct PeerCheckTests {
    private func settings(_ text: String) throws -> Settings {
        try Settings.parse("version = 1\n" + text)
    }

    @Test("each server is tried once, by its proxy where there is one")
    func peers() throws {
        let check = PeerCheck(
            settings: try settings(
                """
                [transports.openai-websocket]
                url = "wss://voice.example/v1"
                [transports.webrtc]
                whip = { url = "https://calls.example:8443/x" }
                [[session]]
                name = "one"
                transport = "openai-websocket"
                options = { url = "ws://127.0.0.1:9" }
                [[session]]
                name = "two"
                transport = "openai-websocket"
                """), judged: .own)
        func look(_ variables: [String: String], _ reach: PeerReach) throws -> (
            [Finding], [String]
        ) {
            var machine = try FakeMachine(variables: variables).machine
            var tried: [String] = []
            machine.reach = {
                tried.append("\($0)")
                #expect($1 == nil)
                return reach
            }
            let findings = check.findings(machine)
            _ = grades(findings)
            return (findings, tried)
        }
        let (good, tried) = try look([:], .reached(address: "192.0.2.1"))
        #expect(good.allSatisfy { $0.grade == .good })
        #expect(
            tried == [
                "wss://voice.example:443", "https://calls.example:8443", "ws://127.0.0.1:9",
            ])
        for bad: PeerReach in [.unknownName("x"), .unreachable("x"), .untrusted("x")] {
            #expect(try look([:], bad).0.allSatisfy { $0.grade == .problem })
        }
        let commands = try look([:], .unreachable("x")).0.compactMap { $0.remedy?.command }
        #expect(
            commands == ["ip route get voice.example", "ip route get calls.example", "ss -ltn"])
        let proxy = ["HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "calls.example"]
        #expect(
            try look(proxy, .reached(address: "192.0.2.1")).1 == [
                "http://proxy.example:3128", "https://calls.example:8443", "ws://127.0.0.1:9",
            ])
    }

    @Test("a default of the transport is a server, too")
    func defaultPeer() throws {
        let check = PeerCheck(
            settings: try settings("[[session]]\nname = \"a\"\ntransport = \"openai-websocket\""),
            judged: .own)
        #expect(
            check.findings(try FakeMachine().machine).map(\.what) == [
                "a: wss://api.openai.com:443 answers at 127.0.0.1"
            ])
    }

    @Test("a server on this machine: there, gone, and not speaking TLS")
    func probe() throws {
        let listening = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listening, $0, size) == 0 ? getsockname(listening, $0, &size) : -1
            }
        }
        try #require(result == 0 && listen(listening, 4) == 0)
        let port = UInt16(bigEndian: address.sin_port)
        let plain = try #require(Endpoint(url: "ws://127.0.0.1:\(port)"))
        #expect(PeerProbe.reach(plain) == .reached(address: "127.0.0.1"))
        // Takes the connection of before, then one that it answers with something else.
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                let listening = CInt(Int(bitPattern: context))
                for _ in 0..<2 {
                    let client = accept(listening, nil, nil)
                    var chunk = [UInt8](repeating: 0, count: 4_096)
                    _ = recv(client, &chunk, chunk.count, 0)
                    _ = send(client, "HTTP/1.1 400 no\r\n\r\n", 19, CInt(MSG_NOSIGNAL))
                    close(client)
                }
                return nil
            }, UnsafeMutableRawPointer(bitPattern: Int(listening)))
        let secure = try #require(Endpoint(url: "wss://127.0.0.1:\(port)"))
        if case .untrusted(let why) = PeerProbe.reach(secure) {
            #expect(!why.isEmpty)
        } else {
            Issue.record("it speaks no TLS")
        }
        pthread_join(thread, nil)
        close(listening)
        if case .unreachable(let why) = PeerProbe.reach(plain) {
            #expect(why.contains("Connection refused"))
        } else {
            Issue.record("nobody listens any more")
        }
    }

    @Test("a certificate is believed by the authority that config names, and by no other")
    func certificates() throws {
        let server = try TLSServer()
        try server.makeAuthority("other")
        let endpoint = try #require(Endpoint(url: "wss://127.0.0.1:\(server.port)"))
        func reach(_ authorities: String?) -> PeerReach {
            PeerProbe.reach(endpoint, authorities: authorities)
        }
        #expect(reach(server.authority) == .reached(address: "127.0.0.1"))
        for wrong in ["\(server.directory)/other.pem", "\(server.directory)/none.pem", nil] {
            guard case .untrusted(let why) = reach(wrong) else {
                Issue.record("\(wrong ?? "the system's store") is trusted")
                continue
            }
            #expect(!why.isEmpty)
        }
    }

    /// Endpoint, authorities.
    private func tried(
        _ config: String, _ fake: FakeMachine, _ judged: JudgedGateway = .own
    ) throws -> [String] {
        var tried: [String] = []
        fake.machine.reach = {
            tried.append("\($0)" + ($1.map { " by \($0)" } ?? ""))
            return .untrusted("why")
        }
        let check = PeerCheck(settings: try settings(config), judged: judged)
        #expect(grades(check.findings(fake.machine)).allSatisfy { $0 == .problem })
        return tried
    }

    @Test("caFile and proxy count as the transport takes them: a session's over its table's")
    func ways() throws {
        let fake = try FakeMachine(variables: ["https_proxy": "http://user:pw@proxy.example:3128"])
        #expect(
            try tried(
                """
                [transports.openai-websocket]
                url = "wss://voice.example"
                caFile = "/etc/a.pem"
                proxy = "none"
                [[session]]
                name = "same"
                transport = "openai-websocket"
                [[session]]
                name = "other"
                transport = "openai-websocket"
                options = { caFile = "/etc/b.pem" }
                [[session]]
                name = "proxied"
                transport = "openai-websocket"
                options = { proxy = "environment" }
                [[session]]
                name = "plain"
                transport = "openai-websocket"
                options = { url = "ws://voice.example" }
                """, fake) == [
                    "wss://voice.example:443 by /etc/a.pem",
                    "wss://voice.example:443 by /etc/b.pem",
                    "http://proxy.example:3128", "ws://voice.example:80",
                ])
        fake.machine.environment = Environment(["https_proxy": "socks5://proxy.example"])
        #expect(try tried("[transports.x]\nurl = \"wss://voice.example\"", fake).isEmpty)
    }

    @Test("the defaults of transports, where nobody names a url")
    func defaults() throws {
        let fake = try FakeMachine()
        #expect(
            try tried(
                """
                [transports.webrtc]
                signalling = "openai"
                [[session]]
                name = "plain"
                transport = "webrtc"
                options = { signalling = "rtp" }
                [[session]]
                name = "voice"
                transport = "webrtc"
                """, fake) == ["https://api.openai.com:443"])
        #expect(
            try tried("[transports.openai-websocket]\nmodel = \"m\"", fake) == [
                "wss://api.openai.com:443"
            ])
        #expect(
            try tried(
                """
                [transports.openai-websocket]
                model = "m"
                [[session]]
                name = "local"
                transport = "openai-websocket"
                options = { url = "ws://127.0.0.1:9" }
                """, fake) == ["ws://127.0.0.1:9"])
    }

    @Test("the proxy is that of the service, not of who asks")
    func proxyOfService() throws {
        let fake = try FakeMachine(variables: ["https_proxy": "http://mine.example:1"])
        let config = "[transports.x]\nurl = \"wss://voice.example\""
        #expect(try tried(config, fake) == ["http://mine.example:1"])
        try fake.systemd(["system": ("active", "enabled"), "user": ("active", "enabled")])
        let run = fake.machine.run
        fake.machine.run = { command in
            if command.contains("parley-host@") {
                return .init(status: 0, output: "\"https_proxy=http://host.example:2\" A=b")
            }
            if command.contains("show-environment") {
                return .init(status: 0, output: "A=b\nhttps_proxy=http://desk.example:3")
            }
            return run(command)
        }
        #expect(try tried(config, fake, .system) == ["http://host.example:2"])
        #expect(try tried(config, fake, .own) == ["http://desk.example:3"])
    }
}
