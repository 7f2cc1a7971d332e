import Configuration
import Glibc
import JSON
import PulseAudio
import Testing

@testable import parleyctl

@Suite("Each check of the doctor finds what it is for")
struct DoctorCheckTests {
    /// Every finding that asks for something says why, and what to do.
    private func grades(_ findings: [Finding]) -> [Finding.Grade] {
        for finding in findings where finding.grade == .warning || finding.grade == .problem {
            #expect(finding.why?.isEmpty == false, "\(finding)")
            #expect(finding.remedy?.isEmpty == false, "\(finding)")
        }
        return findings.map(\.grade)
    }

    @Test("a login has a directory of its own, and stays", .enabled(if: getuid() == 0))
    func login() throws {
        let fake = try FakeMachine(variables: ["XDG_RUNTIME_DIR": "/run/user/4711"])
        #expect(grades(LoginCheck().findings(fake.machine)) == [.problem, .note])
        try fake.directory("/run/user/4711")
        try fake.directory("/run/systemd/system")
        #expect(
            LoginCheck().findings(fake.machine).map(\.remedy)
                == [nil, "loginctl enable-linger ada"])
        try fake.file("/var/lib/systemd/linger/ada")
        #expect(grades(LoginCheck().findings(fake.machine)) == [.good, .good])
        chmod(fake.root + "/run/user/4711", 0o755)
        #expect(grades(LoginCheck().findings(fake.machine)) == [.warning, .good])
        chown(fake.root + "/run/user/4711", 1, 1)
        #expect(grades(LoginCheck().findings(fake.machine)) == [.problem, .good])
        let bare = try FakeMachine()
        #expect(LoginCheck().findings(bare.machine).first?.what == "XDG_RUNTIME_DIR is not set")
        let root = try FakeMachine(userID: 0)
        #expect(grades(LoginCheck().findings(root.machine)) == [.note])
    }

    @Test("systemd's word on the service")
    func service() throws {
        let fake = try FakeMachine()
        #expect(ServiceCheck().findings(fake.machine).isEmpty)
        try fake.directory("/run/systemd/system")
        var states = ["--user": ("active", "enabled"), "": ("failed", "enabled")]
        func look() -> [Finding] {
            var machine = fake.machine
            machine.run = { [states] command in
                let state = states[command.contains("--user") ? "--user" : ""] ?? ("", "")
                return .init(
                    status: 0, output: command.contains("is-active") ? state.0 : state.1)
            }
            return ServiceCheck().findings(machine)
        }
        #expect(grades(look()) == [.good, .problem])
        states[""] = ("active", "enabled")
        #expect(grades(look()) == [.good, .good, .warning])
        states = ["--user": ("inactive", "disabled"), "": ("inactive", "")]
        #expect(look().map(\.remedy) == ["systemctl --user enable --now parleyd"])
    }

    @Test("real-time priority: of the gateway, else of this user")
    func realTime() throws {
        let fake = try FakeMachine()
        var machine = fake.machine
        #expect(grades(RealTimeCheck().findings(machine)) == [.warning])
        #expect(RealTimeCheck().findings(machine).first?.remedy?.contains("rtkit") == true)
        try fake.file("/usr/share/dbus-1/system-services/org.freedesktop.RealtimeKit1.service")
        #expect(grades(RealTimeCheck().findings(machine)) == [.good])
        let refused = RealTimeCheck(gatewayIsRealTime: false).findings(machine)
        #expect(refused.first?.remedy?.contains("rtkit") == false)
        machine.realTimeLimit = { 20 }
        #expect(grades(RealTimeCheck().findings(machine)) == [.good])
        machine.realTimeLimit = { nil }
        #expect(grades(RealTimeCheck().findings(machine)) == [.good])
        #expect(grades(RealTimeCheck(gatewayIsRealTime: false).findings(machine)) == [.warning])
        machine.realTimeLimit = { 0 }
        #expect(grades(RealTimeCheck(gatewayIsRealTime: true).findings(machine)) == [.good])
    }

    @Test("the clock")
    func clock() throws {
        var machine = try FakeMachine().machine
        #expect(grades(ClockCheck().findings(machine)) == [.good])
        machine.clock = { ClockReading(secondsSince1970: 1_790_000_000, isSynchronised: false) }
        #expect(grades(ClockCheck().findings(machine)) == [.note])
        machine.clock = { ClockReading(secondsSince1970: 1_000, isSynchronised: true) }
        #expect(grades(ClockCheck().findings(machine)) == [.problem])
    }

    @Test("a gateway of another version")
    func versions() throws {
        let machine = try FakeMachine().machine
        #expect(grades(VersionCheck(gateway: nil, ours: "1").findings(machine)) == [.good])
        #expect(grades(VersionCheck(gateway: "1", ours: "1").findings(machine)) == [.good])
        #expect(
            grades(VersionCheck(gateway: "2", ours: "1").findings(machine)) == [.good, .warning])
    }

    // MARK: Secrets

    private func settings(_ text: String) throws -> Settings {
        try Settings.parse("version = 1\n" + text)
    }

    @Test("secrets are looked for where config says, and never shown")
    func credentials() throws {
        let fake = try FakeMachine()
        func look(_ source: String, _ machine: Machine? = nil) throws -> Finding {
            let settings = try settings("[transports.x]\napiKey = \(source)")
            let check = CredentialCheck(
                settings: settings, configurationDirectory: "/etc/parley")
            let findings = check.findings(machine ?? fake.machine)
            try #require(findings.count == 1)
            for finding in findings {
                #expect(!finding.lines.joined().contains("canary"), "\(finding)")
            }
            _ = grades(findings)
            return findings[0]
        }
        let credential = #"{ credential = "key" }"#
        #expect(try look(credential).grade == .problem)
        #expect(try look(credential).remedy == "parleyctl credential set key")
        try fake.file("/etc/credstore.encrypted/key", "canary")
        #expect(try look(credential) == .good("x: apiKey is in /etc/credstore.encrypted/key"))

        let file = #"{ file = "/etc/parley/key" }"#
        #expect(try look(file).grade == .problem)
        try fake.file("/etc/parley/key", "canary")
        #expect(try look(file).grade == .good)
        try fake.file("/etc/parley/key", "canary", mode: 0o644)
        #expect(try look(file).remedy == "chmod o-rwx /etc/parley/key")
        try fake.file("/etc/parley/key", "")
        #expect(try look(file).grade == .problem)

        let variable = #"{ environment = "KEY" }"#
        #expect(try look(variable).grade == .warning)
        var machine = fake.machine
        machine.environment = Environment(["KEY": "canary"])
        #expect(try look(variable, machine).grade == .note)
    }

    // MARK: Peers

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
                """))
        func look(_ variables: [String: String], _ reach: PeerReach) throws -> (
            [Finding], [String]
        ) {
            var machine = try FakeMachine(variables: variables).machine
            var tried: [String] = []
            machine.reach = {
                tried.append("\($0)")
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
        let proxy = ["HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "calls.example"]
        #expect(
            try look(proxy, .reached(address: "192.0.2.1")).1 == [
                "http://proxy.example:3128", "https://calls.example:8443", "ws://127.0.0.1:9",
            ])
    }

    @Test("a default of the transport is a server, too")
    func defaultPeer() throws {
        let check = PeerCheck(
            settings: try settings("[[session]]\nname = \"a\"\ntransport = \"openai-websocket\""))
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

    @Test(
        "addresses of STUN and TURN servers",
        arguments: [
            ("stun:stun.example.org", "stun.example.org", 3_478, ICEServerAddress.Carrier.udp),
            ("turn:10.0.0.1:4000?transport=tcp", "10.0.0.1", 4_000, .tcp),
            ("turn:[fd00::1]:99?transport=udp", "[fd00::1]", 99, .udp),
            ("turns:turn.example.org", "turn.example.org", 5_349, .tls),
        ])
    func serversOfICE(
        _ url: String, _ host: String, _ port: Int, _ carrier: ICEServerAddress.Carrier
    )
        throws
    {
        let server = try #require(ICEServerAddress(url))
        #expect(server.host == host && server.port == port && server.carrier == carrier)
        #expect("\(server)" == url)
    }

    @Test(
        "what is no address of such a server",
        arguments: [
            "", "stun", "stun:", "http://a", "turn:a:0", "turn:a:x", "turn:[fd00::1]x",
            "turn::3478",
        ])
    func noServersOfICE(_ url: String) { #expect(ICEServerAddress(url) == nil) }

    @Test("each server of ICE is asked in its way, once")
    func iceServers() throws {
        let settings = try Settings.parse(
            """
            version = 1
            [transports.webrtc]
            stunServers = ["stun:a.example:1"]
            turnServers = ["turn:b.example:2", "turns:c.example:3", "turns:c.example:3"]
            """)
        let fake = try FakeMachine()
        var machine = fake.machine
        machine.askSTUN = { server in
            server.host == "a.example" ? .reached(address: "10.0.0.1") : .unreachable("silence")
        }
        machine.reach = { endpoint in
            #expect("\(endpoint)" == "wss://c.example:3")
            return .untrusted("self-signed")
        }
        let findings = ICEServerCheck(settings: settings).findings(machine)
        #expect(grades(findings) == [.good, .problem, .problem])
        #expect(findings.last?.remedy?.contains("turnCaFile") == true)
    }

    /// Answers each datagram, the first with something else; or with nothing but garbage.
    @Test(
        "a server of ICE on this machine: there, talking of something else, and gone",
        arguments: [true, false])
    func stun(_ speaksSTUN: Bool) throws {
        let server = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(server, $0, size) == 0 ? getsockname(server, $0, &size) : -1
            }
        }
        try #require(result == 0)
        let url = "stun:127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        let asked = try #require(ICEServerAddress(url))
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                let server = CInt(Int(bitPattern: context) >> 1)
                for round in 0..<(Int(bitPattern: context) & 1 == 1 ? 2 : 3) {
                    var message = [UInt8](repeating: 0, count: 64)
                    var from = sockaddr_in()
                    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
                    withUnsafeMutablePointer(to: &from) { pointer in
                        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { from in
                            let count = recvfrom(server, &message, 64, 0, from, &size)
                            // A question of 20 bytes, whose answer begins alike; another's at first.
                            message[0] = 1
                            message[19] ^= round == 0 ? 0xFF : 0
                            if Int(bitPattern: context) & 1 == 0 { message[1] = 0x22 }
                            _ = sendto(server, message, count, 0, from, size)
                        }
                    }
                }
                return nil
            }, UnsafeMutableRawPointer(bitPattern: Int(server) << 1 | (speaksSTUN ? 1 : 0)))
        let reach = STUNProbe.ask(asked)
        pthread_join(thread, nil)
        close(server)
        if speaksSTUN {
            #expect(reach == .reached(address: "127.0.0.1"))
        } else {
            #expect(reach == .unreachable("127.0.0.1: no answer to 3 questions by UDP"))
        }
        #expect(STUNProbe.ask(asked) == .unreachable("127.0.0.1: Connection refused"))
    }

    // MARK: Sound

    @Test("the sound of a gateway that another user runs")
    func soundOfAnother() throws {
        var answer: JSONValue = [
            "soundServer": [
                "uid": 4_242, "state": "connected", "socket": "/run/parley-pulse/native",
                "server": "pulseaudio", "version": "16.1", "summary": "connected",
            ],
            "sources": [
                [
                    "name": "mic", "kind": "source", "description": "Mic", "default": true,
                    "state": "idle", "rate": 48_000, "channels": 1, "volume": 0.5, "muted": true,
                    "monitor": false,
                ]
            ],
            "sinks": [],
        ]
        let findings = SoundCheck.findings(try #require(GatewaySound(answer)))
        #expect(grades(findings) == [.good, .problem, .problem])
        #expect(
            findings[1].remedy
                == "sudo -u '#4242' PULSE_SERVER=unix:/run/parley-pulse/native pactl "
                + "set-source-mute mic 0")
        answer = [
            "soundServer": ["uid": 4_242, "state": "away", "summary": "no sound server at /x"]
        ]
        let away = SoundCheck.findings(try #require(GatewaySound(answer)))
        #expect(grades(away) == [.problem])
        #expect(away.first?.remedy?.contains("parley-pulse") == true)
    }

    @Test("Bluetooth in the mode for calls")
    func bluetooth() {
        func headset(_ rateHz: Int, _ properties: [String: String]) -> AudioDevice {
            AudioDevice(
                kind: .sink, index: 1, name: "bluez_sink.00", properties: properties,
                rateHz: rateHz, channels: 1, isDefault: true)
        }
        #expect(
            grades(
                SoundCheck.findings([headset(8_000, ["device.bus": "bluetooth"])], .sink)
            )
            .contains(.warning))
        #expect(
            !grades(
                SoundCheck.findings(
                    [headset(44_100, ["bluetooth.protocol": "a2dp_sink"])], .sink)
            ).contains(.warning))
    }

    @Test("the worst finding decides the exit status")
    func worst() {
        let note = Finding.note("n")
        let warning = Finding.warning("w", why: "y", remedy: "r")
        let problem = Finding.problem("p", why: "y", remedy: "r")
        #expect([Finding]().worst == .good)
        #expect([note, .good("g")].worst.exitStatus == 0)
        #expect([note, warning, .good("g")].worst.exitStatus == 4)
        #expect([problem, warning].worst.exitStatus == 1)
    }
}
