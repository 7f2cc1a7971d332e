import Configuration
import Glibc
import JSON
import Testing

@testable import PulseAudio
@testable import parleyctl

@Suite("The doctor looks at the sound that the gateway uses")
struct SoundCheckTests {
    private func look(
        _ fake: FakeMachine, gateway: JSONValue? = nil, _ judged: JudgedGateway = .own,
        config: String = ""
    ) throws -> [Finding] {
        let findings = SoundCheck(
            settings: try Settings.parse("version = 1\n" + config),
            gateway: gateway.flatMap { GatewaySound($0) }, judged: judged
        ).findings(fake.machine)
        _ = grades(findings)
        return findings
    }

    private func device(
        _ kind: AudioDevice.Kind, _ name: String, isMuted: Bool = false, isDefault: Bool = false
    ) -> AudioDevice {
        AudioDevice(kind: kind, index: 1, name: name, isMuted: isMuted, isDefault: isDefault)
    }

    private func connected(_ devices: [AudioDevice], cookie: Bool? = nil) -> SoundReport {
        var status = ServerStatus()
        status.state = .connected
        status.identity.cookiePath = cookie == nil ? "" : "/var/cookie"
        status.identity.isCookieReadable = cookie ?? false
        return SoundReport(status: status, devices: devices)
    }

    // MARK: Of who asks

    @Test("no server, and none that could be looked for")
    func absent() throws {
        let fake = try FakeMachine()
        #expect(try look(fake).map(\.grade) == [.problem])
        var status = ServerStatus()
        status.state = .away(reason: "nobody listens")
        fake.machine.sound = { _ in SoundReport(status: status) }
        let findings = try look(fake)
        #expect(findings.map(\.grade) == [.problem])
        #expect(findings.first?.why?.contains("nobody listens") == true)
        #expect(findings.first?.remedy?.command == "systemctl --user start pulseaudio.socket")
        try fake.file("/usr/lib/systemd/user/pipewire-pulse.socket")
        #expect(
            try look(fake).first?.remedy?.command == "systemctl --user start pipewire-pulse.socket")
    }

    @Test("the cookie: none asked for, there, closed")
    func cookie() throws {
        let fake = try FakeMachine()
        let devices = [
            device(.source, "mic", isDefault: true), device(.sink, "speaker", isDefault: true),
        ]
        fake.machine.sound = { _ in connected(devices) }
        #expect(try look(fake).map(\.grade) == [.good, .good, .good])
        fake.machine.sound = { _ in connected(devices, cookie: true) }
        #expect(try look(fake)[1] == .good("cookie /var/cookie can be read"))
        fake.machine.sound = { _ in connected(devices, cookie: false) }
        #expect(try look(fake)[1].grade == .note)
        #expect(try look(fake)[1].remedy?.command == "sudo usermod -aG pulse-access ada")
    }

    @Test(
        "a device that config names is judged in place of the default, and those of sessions with it"
    )
    func configured() throws {
        let fake = try FakeMachine()
        fake.machine.sound = { _ in
            connected([
                device(.source, "mic", isMuted: true, isDefault: true), device(.source, "jabra"),
                device(.source, "desk", isMuted: true), device(.sink, "speaker", isDefault: true),
            ])
        }
        #expect(try look(fake).map(\.grade) == [.good, .problem, .good])
        let named = try look(fake, config: "[audio]\nsource = [\"gone*\", \"jab*\"]")
        #expect(named.map(\.grade) == [.good, .good, .note, .good])
        #expect(named[1].what.contains("(jabra)"))
        #expect(named[2].what == "the default microphone is muted, and is not used")
        let session = try look(
            fake,
            config: """
                [audio]
                source = ["jabra"]
                [[session]]
                name = "kitchen"
                transport = "loopback"
                local = { kind = "devices", source = ["desk"] }
                """)
        #expect(session.map(\.grade) == [.good, .good, .problem, .note, .good])
    }

    // MARK: Of another user

    /// An answer of `devices.list`.
    private func answer(_ source: JSONObject) -> JSONValue {
        var device: JSONObject = [
            "name": "mic", "kind": "source", "description": "Mic", "default": true,
            "state": "idle", "rate": 48_000, "channels": 1, "volume": 0.5, "muted": false,
            "monitor": false,
        ]
        for (name, value) in source.members { device[name] = value }
        return [
            "soundServer": [
                "uid": 990, "state": "connected", "socket": "/run/parley-pulse/native",
                "server": "pulseaudio", "version": "16.1", "summary": "connected",
            ],
            "sources": [.object(device)], "sinks": [],
        ]
    }

    @Test("what the gateway of another user says")
    func ofAnother() throws {
        let fake = try FakeMachine()
        fake.machine.sound = { _ in
            Issue.record("one's own sound server is not the gateway's")
            return SoundReport()
        }
        var gateway = try #require(GatewaySound(answer(["muted": true])))
        gateway.userName = "parley"
        let findings = SoundCheck(settings: Settings(), gateway: gateway, judged: .system)
            .findings(fake.machine)
        #expect(grades(findings) == [.good, .problem, .problem])
        #expect(
            findings[1].remedy?.command
                == "sudo -u 'parley' PULSE_SERVER=unix:/run/parley-pulse/native pactl "
                + "set-source-mute mic 0")
        let away: JSONValue = [
            "soundServer": ["uid": 990, "state": "away", "summary": "none at /x"]
        ]
        let absent = try look(fake, gateway: away, .system)
        #expect(absent.map(\.grade) == [.problem])
        #expect(absent.first?.remedy?.command == "sudo systemctl enable --now parley-pulse")
        // One that does not run can't be looked at.
        #expect(try look(fake, .system).map(\.grade) == [.note])
    }

    @Test("its Bluetooth devices say in which mode they are, whatever they are called")
    func bluetoothOfAnother() throws {
        let fake = try FakeMachine()
        for (profile, grade) in [
            ("headset_head_unit", Finding.Grade.warning), ("a2dp_sink", .good),
        ] {
            let source: JSONObject = ["bluetoothProfile": .string(profile)]
            let findings = try look(fake, gateway: answer(source), .system)
            #expect(findings[1...].dropLast().map(\.grade).max() == grade, "\(profile)")
        }
    }

    @Test("a preference by a property can't be resolved from here")
    func property() throws {
        let fake = try FakeMachine()
        let findings = try look(
            fake, gateway: answer([:]), .system, config: "[audio]\nsource = [\"device.bus=usb\"]")
        #expect(findings[1].grade == .note)
        #expect(findings[1].remedy?.command.hasSuffix("parleyctl doctor") == true)
    }
}
