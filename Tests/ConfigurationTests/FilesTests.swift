import Configuration
import Foundation
import JSON
import Testing

@Suite("Files are laid over each other")
struct FilesTests {
    @Test("conf.d is read by name after the main file, and the later value wins with its origin")
    func order() throws {
        let directory = TemporaryDirectory()
        try directory.write(
            "parley/parley.toml", "[opus]\nbitrate = 6000\ncomplexity = 1\nfec = false")
        try directory.write("parley/conf.d/20.toml", "[opus]\nbitrate = 20000")
        try directory.write("parley/conf.d/10.toml", "\nopus.bitrate = 10000\nopus.complexity = 2")
        try directory.write("parley/conf.d/30.toml~", "garbage")
        try directory.write("parley/conf.d/.40.toml", "garbage")
        let settings = try Settings.load(from: directory.sources)
        #expect(settings.opus.bitrate == 20_000)
        #expect(settings.opus.complexity == 2)
        #expect(!settings.opus.fec)
        let home = "\(directory.path)/parley"
        #expect("\(settings.origin(of: "opus.bitrate"))" == "\(home)/conf.d/20.toml:2")
        #expect("\(settings.origin(of: "opus.complexity"))" == "\(home)/conf.d/10.toml:3")
        #expect("\(settings.origin(of: "opus.dtx"))" == "default")
        #expect(
            settings.files == [
                "\(home)/parley.toml", "\(home)/conf.d/10.toml", "\(home)/conf.d/20.toml",
            ])
    }

    @Test("the errors of all files come together")
    func errorsOfAll() throws {
        let directory = TemporaryDirectory()
        try directory.write("parley/parley.toml", "a = 1")
        try directory.write("parley/conf.d/1.toml", "b = [")
        try directory.write("parley/conf.d/2.toml", "c = 1")
        let error = #expect(throws: ConfigurationError.self) {
            try Settings.load(from: directory.sources)
        }
        let names = error?.problems.map {
            "\($0)".split(separator: ":")[0].split(separator: "/").last
        }
        #expect(names == ["parley.toml", "1.toml", "2.toml"])
    }

    @Test("--config is read alone, and must be there")
    func alone() throws {
        let directory = TemporaryDirectory()
        try directory.write("parley/parley.toml", "broken")
        let file = try directory.write("mine.toml", "[audio]\ngate = true")
        var sources = directory.sources
        sources.file = file
        #expect(try Settings.load(from: sources).audio.gate)
        sources.file = "/nowhere.toml"
        let error = #expect(throws: ConfigurationError.self) { try Settings.load(from: sources) }
        #expect(error?.description == "--config: there is no file /nowhere.toml")
    }

    @Test("without any file the defaults are in force")
    func noFile() throws {
        let settings = try Settings.load(from: TemporaryDirectory().sources)
        #expect(settings.files.isEmpty)
        #expect(settings.audio == AudioSettings())
        #expect(settings.checkReport == "configuration good: no file, the defaults; 0 sessions\n")
    }

    @Test("root and services read /etc, users their own directory")
    func whose() {
        let user = Environment(["XDG_RUNTIME_DIR": "/run/user/5", "HOME": "/home/u"])
        #expect(
            ConfigurationSources(environment: user, userID: 5).directory == "/home/u/.config/parley"
        )
        #expect(ConfigurationSources(environment: user, userID: 0).directory == "/etc/parley")
        let service = Environment(["RUNTIME_DIRECTORY": "/run/parley"])
        #expect(
            ConfigurationSources(environment: service, userID: 61_184).directory == "/etc/parley")
    }

    @Test("sessions of one name merge across files, and clash within one")
    func sessions() throws {
        let directory = TemporaryDirectory()
        try directory.write(
            "parley/parley.toml",
            "[[session]]\nname = \"a\"\ntransport = \"t\"\n[session.options]\nx = 1\ny = 1")
        try directory.write(
            "parley/conf.d/1.toml",
            "[[session]]\nname = \"a\"\nautostart = false\n[session.options]\ny = 2\n"
                + "[[session]]\nname = \"b\"\ntransport = \"t\"")
        let settings = try Settings.load(from: directory.sources)
        #expect(settings.sessions.map(\.name) == ["a", "b"])
        let session = try #require(settings[session: "a"])
        #expect(session.transport == "t" && !session.autostart)
        #expect(session.options["x"]?.integerValue == 1 && session.options["y"]?.integerValue == 2)
        let one = "[[session]]\nname = \"a\"\ntransport = \"t\"\n"
        #expect(
            problems(one + one) == [
                "parley.toml:5:1: session.a.name: this file has a session of that name"
            ])
    }

    @Test("an inline table is replaced as a whole, so two places never become one secret")
    func inlineTables() throws {
        let directory = TemporaryDirectory()
        try directory.write("parley/parley.toml", "[transports.a]\nkey = { credential = \"k\" }")
        try directory.write("parley/conf.d/1.toml", "[transports.a]\nkey = { file = \"/k\" }")
        let settings = try Settings.load(from: directory.sources)
        #expect(settings[transport: "a"]?.secrets["key"]?.source == .file("/k"))
    }

    @Test("a flag wins over files, and is checked like them")
    func flags() throws {
        let directory = TemporaryDirectory()
        try directory.write("parley/parley.toml", "[logging]\nlevel = \"error\"")
        var sources = directory.sources
        sources.logLevel = "debug"
        let settings = try Settings.load(from: sources)
        #expect(settings.logging.level == .debug)
        #expect(settings.origin(of: "logging.level") == .flag("--log-level"))
        sources.logLevel = "loud"
        #expect(throws: ConfigurationError.self) { try Settings.load(from: sources) }
    }

    @Test("directories of plugins: flags, environment, config, the rest, each once")
    func directories() throws {
        let settings = try Settings.parse(
            "[hosting]\ndirectories = [\"/c\", \"/b/\"]\ntrustedDirectories = [\"/c\"]")
        let sources = ConfigurationSources(
            environment: Environment([
                "PARLEY_TRANSPORT_PATH": "/b:e", "XDG_RUNTIME_DIR": "/r", "XDG_DATA_HOME": "/d",
            ]), userID: 1000)
        let found = settings.transportDirectories(
            flags: ["/a"], prefix: "/usr/local/bin/..", workingDirectory: "/w", sources: sources)
        #expect(
            found.map(\.path) == [
                "/a", "/b", "/w/e", "/c", "/usr/local/lib/parley/transports",
                "/d/parley/transports",
            ])
        #expect(found.filter(\.isTrusted).map(\.path) == ["/c"])
        #expect(found[1].origin == .environment("PARLEY_TRANSPORT_PATH"))
    }
}
