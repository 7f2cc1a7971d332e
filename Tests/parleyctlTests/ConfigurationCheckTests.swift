import Configuration
import Glibc
import Testing

@testable import parleyctl

@Suite("The doctor reads the configuration of the gateway that it looks at")
struct ConfigurationCheckTests {
    @Test("good, with its files or without")
    func good() throws {
        let fake = try FakeMachine()
        var asked: [String] = []
        fake.machine.settings = { sources in
            asked.append(sources.mainFile)
            return .success(Settings())
        }
        for judged in [JudgedGateway.own, .system] {
            #expect(
                grades(ConfigurationCheck(judged: judged).run(fake.machine).findings) == [.good])
        }
        #expect(asked == ["/home/ada/.config/parley/parley.toml", "/etc/parley/parley.toml"])
    }

    @Test("each error is a problem, with the line to go to")
    func wrong() throws {
        let fake = try FakeMachine()
        fake.machine.settings = { _ in
            Result { () throws(ConfigurationError) in
                try Settings.parse("version = 1\nnonsense = 1\n", path: "/etc/parley/parley.toml")
            }
        }
        let (settings, findings) = ConfigurationCheck(judged: .system).run(fake.machine)
        #expect(settings.files.isEmpty)
        #expect(grades(findings) == [.problem])
        #expect(findings.first?.why?.contains("nonsense") == true)
        #expect(
            findings.first?.remedy
                == Remedy(
                    "sudo ${EDITOR:-vi} +2 /etc/parley/parley.toml", "then: sudo parleyd --check"))
        let own = ConfigurationCheck(judged: .own).run(fake.machine).findings
        #expect(own.first?.remedy?.words == "then: parleyd --check")
        fake.machine.settings = { _ in
            .failure(ConfigurationError(problems: [.init(origin: nil, message: "no memory")]))
        }
        let placeless = ConfigurationCheck(judged: .own).run(fake.machine).findings
        #expect(grades(placeless) == [.problem])
        #expect(placeless.first?.remedy?.command == "parleyd --check")
    }

    @Test(
        "files that are closed to who asks are not judged",
        arguments: ["/etc/parley/parley.toml", "/etc/parley/conf.d", "/etc/parley/conf.d/a.toml"])
    func closed(_ path: String) throws {
        let fake = try FakeMachine()
        try fake.file("/etc/parley/parley.toml")
        try fake.file("/etc/parley/conf.d/a.toml")
        fake.machine.mayRead = { !$0.hasSuffix(path) }
        fake.machine.settings = { _ in
            Issue.record("it is read")
            return .success(Settings())
        }
        let findings = ConfigurationCheck(judged: .system).run(fake.machine).findings
        #expect(grades(findings) == [.note])
        #expect(findings.first?.why?.contains("\(path) is closed to ada") == true)
        #expect(findings.first?.remedy == "sudo parleyctl doctor")
    }
}
