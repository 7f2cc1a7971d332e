import Glibc
import Testing

@testable import parleyctl

@Suite("Each check of the doctor finds what it is for")
struct DoctorCheckTests {
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
        #expect(
            RealTimeCheck().findings(machine).first?.remedy?.command == "sudo apt install rtkit")
        try fake.file("/usr/share/dbus-1/system-services/org.freedesktop.RealtimeKit1.service")
        #expect(grades(RealTimeCheck().findings(machine)) == [.good])
        let refused = RealTimeCheck(gatewayIsRealTime: false).findings(machine)
        #expect(refused.first?.remedy?.command.contains("limits.d") == true)
        let refusedService = RealTimeCheck(gatewayIsRealTime: false, manager: .system)
        #expect(
            refusedService.findings(machine).first?.remedy?.words?.contains("LimitRTPRIO=20")
                == true)
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
        let ofSystem = VersionCheck(gateway: "2", ours: "1", manager: .system)
        #expect(ofSystem.findings(machine).last?.remedy == "sudo systemctl restart parleyd")
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
