import Configuration
import Glibc
import Testing

@testable import parleyctl

@Suite("The doctor follows a secret from its file into the gateway, and never shows it")
struct CredentialCheckTests {
    private static let store = "/etc/parley/credentials"
    private static let encrypted = "\(store)/key.cred"

    private func findings(
        _ source: String, _ fake: FakeMachine, _ judged: JudgedGateway = .system
    ) throws -> [Finding] {
        let settings = try Settings.parse("version = 1\n[transports.x]\napiKey = \(source)")
        let findings = CredentialCheck(settings: settings, judged: judged).findings(fake.machine)
        for finding in findings {
            #expect(!finding.lines.joined().contains("canary"), "\(finding)")
        }
        _ = grades(findings)
        return findings
    }

    private func look(
        _ source: String, _ fake: FakeMachine, _ judged: JudgedGateway = .system
    ) throws -> Finding {
        let findings = try findings(source, fake, judged)
        try #require(findings.count == 1, "\(findings)")
        return findings[0]
    }

    /// A machine of root's, whose unit has these lines.
    private func machine(plain: String = "", encrypted: String = "") throws -> FakeMachine {
        let fake = try FakeMachine(userID: 0)
        func answer(_ lines: String) -> String {
            "a(ss) \(lines.split(separator: " ").count / 2)\(lines.isEmpty ? "" : " \(lines)")"
        }
        try fake.systemd(answers: ["busctl": "\(answer(plain))\n\(answer(encrypted))"])
        return fake
    }

    private let key = #"{ credential = "key" }"#

    // MARK: As `parleyctl credential set` writes it

    @Test("a credential that is not there, there but not loaded, loaded, in force")
    func credential() throws {
        let bare = try machine()
        #expect(try look(key, bare).what == "x: apiKey: there is no credential key")
        #expect(try look(key, bare).remedy?.command == "parleyctl credential set key")

        try bare.file(Self.encrypted, "canary")
        let unloaded = try look(key, bare)
        #expect(unloaded.grade == .problem)
        #expect(unloaded.what == "x: apiKey: credential key is there but not loaded")
        #expect(
            unloaded.remedy
                == Remedy(
                    "systemctl edit parleyd",
                    "under [Service]: LoadCredentialEncrypted=key:\(Self.encrypted); then: systemctl "
                        + "restart parleyd"))

        let set = try machine(encrypted: #""key" "\#(Self.encrypted)""#)
        try set.file(Self.encrypted, "canary")
        #expect(
            try look(key, set)
                == .good("x: apiKey is in \(Self.encrypted), which parleyd.service loads"))

        let lines = set.machine.run
        set.machine.run = {
            $0.contains("is-active") ? .init(status: 0, output: "active") : lines($0)
        }
        #expect(try look(key, set).grade == .warning)
        try set.directory("/run/credentials/parleyd.service")
        #expect(try look(key, set).grade == .warning)
        #expect(try look(key, set).remedy == "systemctl restart parleyd")
        try set.file("/run/credentials/parleyd.service/key", "canary")
        #expect(
            try look(key, set) == .good("x: apiKey is loaded: /run/credentials/parleyd.service/key")
        )
    }

    @Test("one that runs out with the running service, and one whose directory can't be seen")
    func runningOut() throws {
        let fake = try machine()
        try fake.file(Self.encrypted, "canary")
        try fake.file("/run/credentials/parleyd.service/key", "canary")
        #expect(try look(key, fake).what.contains("there but not loaded"))
        // What no file of Parley's explains comes in another way, as by SetCredential=.
        unlink(fake.root + Self.encrypted)
        #expect(try look(key, fake).grade == .good)
        // A file that is gone keeps the service from starting again.
        let gone = try machine(encrypted: #""key" "\#(Self.encrypted)""#)
        try gone.file("/run/credentials/parleyd.service/key", "canary")
        #expect(try look(key, gone).why?.contains("243") == true)
        let ada = try FakeMachine()
        try ada.systemd(
            ["system": ("active", "enabled")],
            answers: ["busctl": "a(ss) 0\na(ss) 1 \"key\" \"\(Self.encrypted)\""])
        try ada.file(Self.encrypted, "canary")
        try ada.directory("/run/credentials/parleyd.service")
        ada.machine.mayRead = { _ in false }
        #expect(try look(key, ada).grade == .good)
    }

    @Test("a plain one, and a user's")
    func plain() throws {
        let fake = try machine()
        try fake.file("\(Self.store)/key", "canary")
        #expect(
            try look(key, fake).remedy?.words?.contains("LoadCredential=key:\(Self.store)/key;")
                == true)

        let ada = try FakeMachine()
        let path = "/home/ada/.config/parley/credentials/key"
        try ada.systemd(answers: ["busctl --user": "a(ss) 0\na(ss) 0"])
        try ada.file(path, "canary")
        #expect(
            try look(key, ada, .own).remedy
                == Remedy(
                    "systemctl --user edit parleyd",
                    "under [Service]: LoadCredential=key:\(path); then: systemctl --user restart "
                        + "parleyd"))
        try ada.systemd(answers: ["busctl --user": "a(ss) 1 \"key\" \"\(path)\"\na(ss) 0"])
        #expect(try look(key, ada, .own).grade == .good)
        try ada.file("/run/user/4711/credentials/parleyd.service/key", "canary")
        #expect(try look(key, ada, .own).what.contains("is loaded: /run/user/4711") == true)
    }

    @Test("systemd's own directories count only where the unit has the name")
    func stores() throws {
        for (directory, line) in [
            ("/etc/credstore", "LoadCredential=key"),
            ("/etc/credstore.encrypted", "LoadCredentialEncrypted=key"),
        ] {
            let unloaded = try machine()
            try unloaded.file("\(directory)/key", "canary")
            #expect(try look(key, unloaded).grade == .problem)
            #expect(
                try look(key, unloaded).remedy?.words?.hasPrefix("under [Service]: \(line);")
                    == true)
        }
        let plain = try machine(plain: #""key" "key""#)
        #expect(try look(key, plain).grade == .problem)
        // Where systemd does not look for a plain one.
        try plain.file("/etc/credstore.encrypted/key", "canary")
        #expect(try look(key, plain).grade == .problem)
        try plain.file("/etc/credstore/key", "canary")
        #expect(try look(key, plain).grade == .good)
    }

    @Test(
        "a unit that names a file which is not there does not start, whether config wants it or not"
    )
    func missing() throws {
        let fake = try machine(
            plain: #""other" "/etc/gone""#, encrypted: #""key" "\#(Self.encrypted)""#)
        let found = try findings(key, fake)
        #expect(found.map(\.grade) == [.problem, .problem])
        #expect(found.allSatisfy { $0.why?.contains("243") == true })
        #expect(
            found.map { $0.remedy?.command } == [
                "parleyctl credential set key", "parleyctl credential set other",
            ])
        // By a name alone it may be missing.
        let named = try machine(plain: #""other" "other""#)
        try named.file(Self.encrypted, "canary")
        #expect(
            try findings(key, named).map(\.what) == [
                "x: apiKey: credential key is there but not loaded"
            ])
    }

    @Test("an empty one, and an encrypted one that is loaded as it is")
    func useless() throws {
        let plain = try machine(plain: #""key" "\#(Self.encrypted)""#)
        try plain.file(Self.encrypted, "canary")
        #expect(try look(key, plain).what.contains("loads it as it is") == true)
        let empty = try machine(encrypted: #""key" "\#(Self.encrypted)""#)
        try empty.file(Self.encrypted, "")
        #expect(try look(key, empty).what.contains("is empty"))
    }

    @Test("without systemd, and with one that does not tell")
    func silent() throws {
        let fake = try FakeMachine(userID: 0)
        #expect(try look(key, fake).grade == .problem)
        try fake.file("\(Self.store)/key", "canary")
        #expect(try look(key, fake).grade == .warning)
        #expect(
            try look(key, fake).remedy?.command == "CREDENTIALS_DIRECTORY=\(Self.store) parleyd")
        try fake.systemd()
        #expect(try look(key, fake).grade == .note)
        let contained = try FakeMachine(variables: ["CREDENTIALS_DIRECTORY": "/secrets"])
        try contained.file("/secrets/key", "canary")
        #expect(try look(key, contained, .own) == .good("x: apiKey is loaded: /secrets/key"))
    }

    @Test("a session's secrets count, too")
    func session() throws {
        let settings = try Settings.parse(
            "version = 1\n[[session]]\nname = \"s\"\ntransport = \"x\"\noptions = { k = \(key) }")
        let findings = CredentialCheck(settings: settings, judged: .system)
            .findings(try machine().machine)
        #expect(findings.map(\.what) == ["s: k: there is no credential key"])
    }

    @Test("what busctl prints")
    func busctl() throws {
        let unit = try #require(
            UnitCredentials(busctl: #"a(ss) 2 "a" "/x \"y\"" "b" "b"\#n"# + "a(ss) 1 \"c\" \"/z\""))
        #expect(
            unit.lines == [
                .init(name: "a", path: "/x \"y\"", isEncrypted: false),
                .init(name: "b", path: "b", isEncrypted: false),
                .init(name: "c", path: "/z", isEncrypted: true),
            ])
        #expect(
            unit.lines.map(\.description) == [
                "LoadCredential=a:/x \"y\"", "LoadCredential=b", "LoadCredentialEncrypted=c:/z",
            ])
        for nonsense in ["", "a(ss) 0", "s \"x\"\ns \"y\"", "a(ss) 1 \"x\"\na(ss) 0"] {
            #expect(UnitCredentials(busctl: nonsense) == nil)
        }
    }

    // MARK: Other sources

    @Test("a file is there, closed to others, and readable for the gateway's user")
    func file() throws {
        let fake = try FakeMachine(userID: 0)
        var judged = JudgedGateway.system
        judged.account?.id = getuid()
        let file = #"{ file = "/etc/parley/key" }"#
        #expect(try look(file, fake, judged).grade == .problem)
        #expect(
            try look(file, fake, judged).remedy?.command
                == "install -m 600 -o parley /dev/stdin /etc/parley/key")
        try fake.file("/etc/parley/key", "canary")
        #expect(try look(file, fake, judged).grade == .good)
        try fake.file("/etc/parley/key", "canary", mode: 0o644)
        #expect(try look(file, fake, judged).remedy == "chmod o-rwx /etc/parley/key")
        try fake.file("/etc/parley/key", "")
        #expect(try look(file, fake, judged).what.contains("is empty"))
        try fake.file("/etc/parley/key", "canary")
        // Root, who asks, may read it; the service may not.
        judged.account?.id = getuid() + 1
        #expect(try look(file, fake, judged).grade == .problem)
        #expect(try look(file, fake, judged).remedy == "chown parley /etc/parley/key")
        let ada = try FakeMachine()
        try ada.file("/etc/parley/key", "canary")
        #expect(try look(file, ada, .own).grade == .good)
        ada.machine.mayRead = { _ in false }
        #expect(try look(file, ada, .own).what == "x: apiKey: ada may not read /etc/parley/key")
        try ada.directory("/etc/parley/dir")
        #expect(
            try look(#"{ file = "/etc/parley/dir" }"#, ada, .own).what.contains("no regular file"))
    }

    @Test("groups and modes decide what an account may read")
    func reading() {
        var status = stat()
        func may(_ mode: mode_t, _ owner: uid_t, _ group: gid_t) -> Bool {
            status.st_mode = S_IFREG | mode
            status.st_uid = owner
            status.st_gid = group
            return FakeMachine.parley.mayRead(status)
        }
        #expect(may(0o400, 990, 0) && may(0o040, 0, 990) && may(0o040, 0, 29) && may(0o004, 0, 0))
        #expect(!may(0o440, 0, 0) && !may(0o044, 990, 990) && !may(0o404, 0, 29))
        #expect(Account(id: 0, name: "root", group: 0).mayRead(status))
    }

    @Test("a variable of the environment")
    func variable() throws {
        let fake = try FakeMachine()
        let variable = #"{ environment = "MY_KEY" }"#
        #expect(try look(variable, fake, .own).grade == .warning)
        #expect(
            try look(variable, fake, .own).remedy?.command == "parleyctl credential set my-key")
        fake.machine.environment = Environment(["MY_KEY": "canary"])
        #expect(try look(variable, fake, .own).grade == .note)
    }
}
