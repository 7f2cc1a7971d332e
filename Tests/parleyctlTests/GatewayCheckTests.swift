import Control
import Glibc
import JSON
import Testing

@testable import parleyctl

@Suite("The doctor says why no gateway answers, and what one says of itself")
struct GatewayCheckTests {
    private let sockets = ["/run/user/4711/parley/control.sock", "/run/parley/control.sock"]

    private func look(_ fake: FakeMachine) -> [Finding] {
        let view = GatewayView.ask(fake.machine)
        let judged = JudgedGateway.find(view, sockets: sockets, fake.machine)
        let findings = GatewayCheck(view: view, judged: judged).findings(fake.machine)
        _ = grades(findings)
        return findings
    }

    @Test("the command that starts one is that of the service that is there")
    func absent() throws {
        let missing = [("/run/parley/control.sock", "No such file or directory")]
        func remedy(_ userID: uid_t, _ states: [String: (String, String)]) throws -> String? {
            let fake = try FakeMachine(userID: userID)
            try fake.systemd(states)
            fake.noGateway(missing)
            let findings = look(fake)
            #expect(findings.map(\.grade) == [.problem])
            #expect(findings.first?.why == "\(missing[0].0): \(missing[0].1)")
            return findings.first?.remedy?.command
        }
        let both = ("inactive", "disabled")
        #expect(
            try remedy(4_711, ["user": both, "system": both])
                == "systemctl --user enable --now parleyd")
        #expect(
            try remedy(4_711, ["user": both, "system": ("inactive", "enabled")])
                == "sudo systemctl start parleyd")
        #expect(
            try remedy(0, ["user": both, "system": both]) == "systemctl enable --now parleyd")
        #expect(
            try remedy(0, ["system": ("failed", "enabled")])
                == "systemctl reset-failed parleyd; systemctl start parleyd")
        #expect(try remedy(0, ["system": ("active", "enabled")]) == "systemctl restart parleyd")
        #expect(try remedy(4_711, [:]) == "parleyd")
    }

    @Test("a closed socket is opened by its group, or by its owner")
    func denied() throws {
        let fake = try FakeMachine()
        fake.noGateway([
            (sockets[0], "No such file or directory"), (sockets[1], "Permission denied"),
        ])
        try fake.file(sockets[1], mode: 0o660)
        let alone = look(fake)
        #expect(alone.map(\.grade) == [.problem])
        if getuid() == 0 {
            #expect(
                alone.first?.remedy?.command == "sudo parleyctl doctor --socket \(sockets[1])")
            chown(fake.root + sockets[1], 990, 990)
            #expect(look(fake).first?.remedy?.command == "sudo usermod -aG parley ada")
            #expect(look(fake).first?.what.contains("you may not talk to it") == true)
        }
    }

    @Test("one that can't be asked for want of descriptors")
    func failure() throws {
        let fake = try FakeMachine()
        fake.machine.connect = { .failure(.gateway(.failed(operation: "socket", code: EMFILE))) }
        #expect(look(fake).map(\.what) == ["the gateway can't be asked"])
    }

    @Test("one that hangs is asked once, and restarted by its manager")
    func hung() throws {
        let fake = try FakeMachine()
        var asked: [String] = []
        fake.machine.connect = { [sockets] in
            .success(
                GatewayLine(path: sockets[1]) {
                    asked.append($0)
                    return nil
                })
        }
        let findings = look(fake)
        #expect(findings.map(\.grade) == [.problem])
        #expect(findings.first?.what.contains("does not answer") == true)
        #expect(
            findings.first?.remedy?.command
                == "sudo journalctl -u parleyd -n 50; sudo systemctl restart parleyd")
        #expect(asked == ["gateway.info"])
        try fake.systemd(["system": ("activating", "enabled")])
        #expect(look(fake).first?.why == "the service is activating")
    }

    @Test("what it says: unwell, without sound, plugins that it refused and that are shadowed")
    func unwell() throws {
        let fake = try FakeMachine()
        fake.gateway(
            at: sockets[0], userID: 4_711,
            answers: [
                "gateway.status": [
                    "soundServer": ["state": "away", "summary": "gone", "uid": 4_711],
                    "health": ["reasons": ["session s1 is failed"]],
                ],
                "transports.list": [
                    "transports": [
                        ["path": "/a.so", "state": "failed", "reason": "everyone can write to it"],
                        ["path": "/b.so", "state": "shadowed", "reason": "another comes first"],
                        ["path": "/c.so", "state": "ready"],
                    ]
                ],
            ])
        let findings = look(fake)
        #expect(findings.map(\.grade) == [.good, .problem, .problem, .problem, .note])
        #expect(
            findings.map(\.why) == [
                nil, "gone", "session s1 is failed", "everyone can write to it",
                "another comes first",
            ])
        #expect(findings[1].remedy?.command == "systemctl --user start pulseaudio.socket")
    }

    @Test(
        "a finding of each check has its name, and a wrong gateway does not keep the others from looking"
    )
    func examination() throws {
        let fake = try FakeMachine()
        fake.noGateway([])
        try fake.file("/etc/parley/parley.toml")
        let findings = Examination(machine: fake.machine, sockets: sockets).findings
        #expect(findings.allSatisfy { !$0.check.isEmpty })
        #expect(
            Set(findings.map(\.check)).isSuperset(of: [
                "gateway", "configuration", "sound", "plugins", "login", "clock", "versions",
            ]))
    }
}
