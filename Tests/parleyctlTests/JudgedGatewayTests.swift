import Configuration
import Glibc
import Testing

@testable import parleyctl

@Suite("The doctor looks at the gateway that a program would find")
struct JudgedGatewayTests {
    private let sockets = ["/run/user/4711/parley/control.sock", "/run/parley/control.sock"]

    private func judged(_ fake: FakeMachine) -> JudgedGateway {
        .find(GatewayView.ask(fake.machine), sockets: sockets, fake.machine)
    }

    private func user() throws -> FakeMachine {
        try FakeMachine(variables: ["XDG_RUNTIME_DIR": "/run/user/4711", "HOME": "/home/ada"])
    }

    @Test("one's own that answers has one's own configuration")
    func own() throws {
        let fake = try user()
        fake.gateway(at: sockets[0], userID: 4_711)
        #expect(judged(fake).manager == .user)
        #expect(judged(fake).isOwn)
        #expect(judged(fake).sources.directory == "/home/ada/.config/parley")
    }

    @Test("the system's that answers a user has the machine's configuration")
    func system() throws {
        let fake = try user()
        fake.gateway(at: sockets[1], userID: 990)
        #expect(judged(fake).manager == .system)
        #expect(!judged(fake).isOwn)
        #expect(judged(fake).account == FakeMachine.parley)
        #expect(judged(fake).sources.directory == "/etc/parley")
    }

    @Test("that of another user, whom root looks after")
    func another() throws {
        let fake = try FakeMachine(userID: 0)
        fake.gateway(at: sockets[0], userID: 4_711)
        #expect(judged(fake).manager == .other(name: "ada"))
        #expect(judged(fake).sources.directory == "/home/ada/.config/parley")
    }

    @Test("where none answers: the first socket that is there, else the service that is enabled")
    func silent() throws {
        let fake = try user()
        fake.noGateway([])
        #expect(judged(fake).manager == .user)
        try fake.systemd(["system": ("inactive", "disabled"), "user": ("inactive", "disabled")])
        #expect(judged(fake).manager == .user)
        try fake.systemd(["system": ("inactive", "enabled"), "user": ("inactive", "disabled")])
        #expect(judged(fake).manager == .system)
        try fake.systemd(["system": ("inactive", "disabled")])
        #expect(judged(fake).manager == .system)
        try fake.file(sockets[0])
        #expect(judged(fake).manager == .user)
        unlink(fake.root + sockets[0])
        try fake.systemd()
        try fake.file(sockets[1])
        #expect(judged(fake).manager == .system)
        #expect(judged(fake).sources.directory == "/etc/parley")
        #expect(judged(fake).account == FakeMachine.parley)
    }

    @Test("root's is the system's; without a service the one that root starts")
    func root() throws {
        let fake = try FakeMachine(userID: 0)
        fake.noGateway([])
        #expect(judged(fake).manager == .system)
        #expect(judged(fake).isOwn)
        try fake.systemd(["system": ("inactive", "disabled")])
        #expect(judged(fake).manager == .system)
        #expect(judged(fake).account == FakeMachine.parley)
        #expect(!judged(fake).isOwn)
    }
}
