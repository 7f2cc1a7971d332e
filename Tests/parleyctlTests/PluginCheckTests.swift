import Configuration
import Glibc
import Testing

@testable import parleyctl

@Suite("The doctor trusts the plugins that the gateway trusts")
struct PluginCheckTests {
    /// Everything there belongs to who runs the tests.
    private func check(_ fake: FakeMachine) throws -> PluginCheck {
        var judged = JudgedGateway.own
        judged.account = Account(id: getuid(), name: "me", group: getgid())
        let settings = try Settings.parse(
            "version = 1\n[hosting]\ndirectories = [\"\(fake.root)/inner/transports\"]")
        return PluginCheck(
            settings: settings, judged: judged, prefix: "\(fake.root)/prefix",
            workingDirectory: fake.root)
    }

    /// What is found of the test's own directory.
    private func look(_ fake: FakeMachine) throws -> [Finding] {
        let findings = try check(fake).findings(fake.machine)
        _ = grades(findings)
        return findings.filter {
            $0.what.contains(fake.root) || $0.why?.contains(fake.root) == true
        }
    }

    private func stage() throws -> (FakeMachine, plugin: String) {
        let fake = try FakeMachine(userID: getuid())
        try fake.directory("/inner", mode: 0o755)
        try fake.directory("/inner/transports", mode: 0o755)
        try fake.file("/inner/transports/a.so", mode: 0o644)
        return (fake, "\(fake.root)/inner/transports/a.so")
    }

    @Test("what is safe is good")
    func good() throws {
        let (fake, _) = try stage()
        let findings = try look(fake)
        #expect(findings.map(\.grade) == [.good])
        #expect(findings.first?.what.hasSuffix("a.so") == true)
    }

    @Test(
        "what others could change is a problem: the file, its directory, one above",
        arguments: ["/inner/transports/a.so", "/inner/transports", "/inner"])
    func writable(_ path: String) throws {
        let (fake, plugin) = try stage()
        chmod(fake.root + path, 0o757)
        var findings = try look(fake)
        #expect(findings.map(\.grade) == [.good, .problem])
        #expect(findings.last?.what == "\(plugin) is not used by the gateway")
        #expect(findings.last?.remedy?.command.hasSuffix("chmod o-w \(fake.root)\(path)") == true)
        guard getuid() == 0 else { return }
        chmod(fake.root + path, 0o775)
        chown(fake.root + path, 0, 4_712)
        findings = try look(fake)
        #expect(findings.map(\.grade) == [.good, .problem])
        #expect(findings.last?.remedy?.command == "chmod g-w \(fake.root)\(path)")
    }

    @Test("what belongs to another user is a problem", .enabled(if: getuid() == 0))
    func foreign() throws {
        let (fake, plugin) = try stage()
        chown(plugin, 4_712, 0)
        let findings = try look(fake)
        #expect(findings.map(\.grade) == [.good, .problem])
        #expect(findings.last?.why?.contains("belongs to user 4712") == true)
        #expect(findings.last?.remedy?.command == "chown root \(plugin)")
    }

    @Test("a link is a problem, wherever it leads")
    func link() throws {
        let (fake, plugin) = try stage()
        try #require(symlink(plugin, "\(fake.root)/inner/transports/b.so") == 0)
        let findings = try look(fake)
        #expect(findings.map(\.grade) == [.good, .problem])
        #expect(findings.last?.remedy?.command.contains("readlink -f") == true)
    }

    @Test("a directory that somebody has vouched for is not looked at")
    func trusted() throws {
        let (fake, plugin) = try stage()
        chmod(plugin, 0o666)
        var check = try check(fake)
        check.settings.hosting.trustedDirectories = ["\(fake.root)/inner/transports"]
        #expect(!check.findings(fake.machine).contains { $0.what.contains("is not used") })
    }

    @Test("no plugin anywhere")
    func none() throws {
        let (fake, plugin) = try stage()
        unlink(plugin)
        let findings = try check(fake).findings(fake.machine)
        // /usr/local may have some.
        guard !findings.contains(where: { $0.what.hasSuffix(".so") }) else { return }
        #expect(grades(findings).last == .problem)
    }
}
