import Control
import Foundation
import JSON
import Testing

/// What `make install` lays out, from this build: it runs where it lies, and a plugin is built against
/// it with nothing but pkg-config and a C compiler.
@Suite(.serialized) struct InstallTests {
    @Test func anInstalledTreeRunsWhereItLiesAndServesAPluginThatIsBuiltAgainstIt() throws {
        let tree = try InstalledTree()
        let daemon = try tree.run("parleyd", ["--version"])
        #expect(daemon.finish().text.hasPrefix("parleyd "))

        // Without --transport-directory: found beside the programs.
        let served = try tree.startDaemon()
        defer { served.end() }
        #expect(
            try tree.parleyctl("transports").contains(
                "\(tree.prefix)/lib/parley/transports/loopback.so"))

        let example = "\(ExampleProgram.root)/Examples/c-plugin"
        let copy = "\(tree.directory)/c-plugin"
        try FileManager.default.copyItem(atPath: example, toPath: copy)
        try? FileManager.default.removeItem(atPath: "\(copy)/delay.so")
        let environment = ["PKG_CONFIG_PATH": "\(tree.prefix)/lib/pkgconfig"]
        let flags = try ExampleProgram(
            ["pkg-config", "--cflags", "--variable=transportsdir", "parley-transport"],
            environment: environment
        ).finish()
        #expect(flags.status == 0, "\(flags.text)")
        let made = try ExampleProgram(
            ["make", "install"], environment: environment, directory: copy
        ).finish()
        try #require(made.status == 0, "\(made.text)")
        #expect(made.text.contains("-I\(tree.prefix)"), "\(made.text)")
        try tree.until("the plugin is found") {
            try $0.parleyctl("transports").contains("delay.so")
        }
        #expect(
            try tree.parleyctl("create", "delay", "--stream", "--name", "late").contains(
                "connected"))
    }

    /// Every file of ours that a unit or an example names is where it says.
    @Test(arguments: ["/usr", "/usr/local", "/opt/parley"])
    func unitsNameWhatWasInstalled(under prefix: String) throws {
        let tree = try InstalledTree(under: prefix)
        let places = ["lib/systemd/system", "lib/systemd/user", "share/doc/parley/examples"]
        var named: Set<String> = []
        for place in places {
            let folder = "\(tree.prefix)/\(place)"
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                for match in text.matches(of: /(?m)^Exec\w+=(\S*parley\S*)|--file=(\S+)/) {
                    named.insert(String(match.1 ?? match.2 ?? ""))
                }
                // One of two, which the version of systemd decides.
                guard name == "parleyd.service" else { continue }
                #expect(text.matches(of: /(?m)^Type=notify(-reload)?$/).count == 1)
                #expect(text.contains("Type=notify-reload") != text.contains("ExecReload="))
            }
        }
        // Two programs, the host and its directory, the sound server's configuration.
        #expect(named.count == 5, "\(named)")
        for path in named {
            #expect(FileManager.default.fileExists(atPath: tree.root + path), "\(path)")
        }
    }

    @Test func theConfigurationOfTheOperatorStays() throws {
        let tree = try InstalledTree()
        let file = "\(tree.prefix)/etc/parley/parley.toml"
        #expect(FileManager.default.fileExists(atPath: file))
        try "version = 1\n".write(toFile: file, atomically: true, encoding: .utf8)
        try tree.install()
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "version = 1\n")
    }

    @Test func theInstalledConfigurationIsGood() throws {
        let tree = try InstalledTree()
        let check = try tree.run(
            "parleyd", ["--check", "--config", "\(tree.prefix)/etc/parley/parley.toml"])
        let (status, text) = check.finish()
        #expect(status == 0, "\(text)")
    }

    @Test(arguments: ["man8/parleyd.8", "man5/parley.toml.5"])
    func aManualPageRendersWithoutWarnings(_ page: String) throws {
        let tree = try InstalledTree()
        let groff = try ExampleProgram(
            ["groff", "-ww", "-man", "-z", "\(tree.prefix)/share/man/\(page)"], environment: [:])
        let (status, text) = groff.finish()
        #expect(status == 0 && text.isEmpty, "\(text)")
    }

    @Test func theManualOfTheConfigurationHasEveryKey() throws {
        let tree = try InstalledTree()
        let manual = try String(
            contentsOfFile: "\(tree.prefix)/share/man/man5/parley.toml.5", encoding: .utf8)
        let page = try String(
            contentsOfFile: "\(ExampleProgram.root)/docs/Configuration.md", encoding: .utf8)
        let keys = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap {
            $0.split(separator: "`").dropFirst().first
        }
        #expect(keys.count > 40)
        for key in keys { #expect(manual.contains(".TP\n\\fB\(key)\\fR"), "\(key)") }
    }
}

/// A tree as `make install` makes it, in a directory of its own, and programs in it.
final class InstalledTree {
    struct Failure: Error, CustomStringConvertible { let description: String }

    let directory: String
    var root: String { "\(directory)/root" }
    var prefix: String { root + relativePrefix }
    private let relativePrefix: String
    private let environment: [String: String]

    init(under prefix: String = "/opt/parley") throws {
        relativePrefix = prefix
        var template = Array("/tmp/parley-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(description: "mkdtemp failed, errno \(errno)")
        }
        directory = template.withUnsafeBufferPointer {
            $0.baseAddress.map { String(cString: $0) } ?? ""
        }
        environment = [
            "XDG_RUNTIME_DIR": directory, "XDG_CACHE_HOME": directory, "HOME": directory,
            "PULSE_SERVER": "unix:\(directory)/no-such-socket",
        ]
        let build = DaemonUnderTest.buildDirectory
        try script("stage", [build, build, "\(directory)/stage"])
        try install()
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func install() throws {
        try script("install", ["\(directory)/stage", root, relativePrefix])
    }

    private func script(_ name: String, _ arguments: [String]) throws {
        let (status, text) = try ExampleProgram(
            ["\(ExampleProgram.root)/etc/scripts/\(name)"] + arguments, environment: [:],
            directory: "/"
        ).finish()
        guard status == 0 else { throw Failure(description: "\(name) failed: \(text)") }
    }

    /// A program of the tree, by its path.
    func run(_ program: String, _ arguments: [String]) throws -> ExampleProgram {
        try ExampleProgram(["\(prefix)/bin/\(program)"] + arguments, environment: environment)
    }

    func startDaemon() throws -> ExampleProgram {
        let daemon = try run(
            "parleyd", ["--config", "\(prefix)/etc/parley/parley.toml"])
        try until("the daemon has looked at its plugins") {
            let (status, text) = try $0.run("parleyctl", ["transports"]).finish()
            return status == 0 && text.contains("available")
        }
        return daemon
    }

    /// What parleyctl prints.
    func parleyctl(_ arguments: String...) throws -> String {
        let (status, text) = try run("parleyctl", arguments).finish()
        guard status == 0 else { throw Failure(description: "parleyctl: \(text)") }
        return text
    }

    /// Asks until it is so; a machine that is slow gets a minute.
    func until(_ what: String, _ condition: (InstalledTree) throws -> Bool) throws {
        for _ in 0..<1_200 {
            if try condition(self) { return }
            usleep(50_000)
        }
        throw Failure(description: "not in time: \(what)")
    }
}
