import Configuration
import Foundation
import JSON
import Testing

@Suite("Settings are typed, printed and compared")
struct SettingsTests {
    private let rich = """
        [audio]
        source = ["usb*", "default"]
        playbackVolume = 1
        [control.monitorSocket]
        users = ["ann", "1001"]
        [reconnect]
        maximum = "5s"
        [transports.openai-websocket]
        url = "wss://api.openai.com/v1/realtime"
        apiKey = { credential = "openai-api-key" }
        [transports.loopback.script]
        lines = [{ at = 1.5, say = "a \\"b\\"" }]
        [[session]]
        name = "assistant"
        transport = "openai-websocket"
        [session.local]
        kind = "stream"
        rate = 24000
        [session.reconnect]
        attempts = 3
        [session.sessionConfig]
        instructions = "You are the voice of this room."
        output_modalities = ["audio"]
        [session.sessionConfig.audio.input]
        format = { type = "audio/pcm", rate = 24000 }
        """

    @Test("a session has what it says and inherits the rest")
    func session() throws {
        let session = try #require(try Settings.parse(rich)[session: "assistant"])
        #expect(session.autostart)
        #expect(session.local.kind == .stream && session.local.rate == 24_000)
        #expect(session.reconnect.attempts == 3)
        #expect(session.reconnect.maximum == .seconds(5))
        #expect(
            session.sessionConfig == [
                "instructions": "You are the voice of this room.",
                "output_modalities": ["audio"],
                "audio": ["input": ["format": ["type": "audio/pcm", "rate": 24000]]],
            ])
    }

    @Test("keys of the other kind of leg are refused")
    func legs() {
        let session = "[[session]]\nname = \"a\"\ntransport = \"b\"\n[session.local]\n"
        #expect(problems(session + "rate = 8000").count == 1)
        #expect(problems(session + "kind = \"stream\"\ngate = true").count == 1)
        #expect(problems(session + "kind = \"stream\"\nrate = 44100").count == 1)
    }

    @Test("JSON can't hold dates and infinities")
    func jsonOnly() {
        #expect(problems("[transports.a]\nx = 2020-01-01\ny = [inf]").count == 2)
    }

    @Test("what is printed gives the same settings, with the origin of each value")
    func printed() throws {
        let settings = try Settings.parse(rich, path: "/x/parley.toml")
        let printed = settings.printed
        #expect(printed.contains("playbackVolume = 1.0          # /x/parley.toml:3"))
        #expect(printed.contains("bitrate = 32000          # default"))
        let again = try Settings.parse(printed)
        #expect(again.difference(from: settings).isEmpty, "\(printed)")
        #expect(again.sessions == settings.sessions)
        #expect(again.transports == settings.transports)
    }

    @Test("a reload says what is applied at once, later, and not without a restart")
    func difference() throws {
        let old = try Settings.parse(rich)
        let new = try Settings.parse(
            rich.replacingOccurrences(of: "usb*", with: "pci*")
                .replacingOccurrences(of: "api.openai.com", with: "eu.openai.com")
                .replacingOccurrences(of: "attempts = 3", with: "attempts = 4")
                + "\n[logging]\nlevel = \"debug\"\n[control.audioSocket]\ngroup = \"x\"\n"
                + "[[session]]\nname = \"new\"\ntransport = \"loopback\"")
        let difference = new.difference(from: old)
        #expect(difference.keys(.live) == ["audio.source", "logging.level"])
        #expect(difference.keys(.restart) == ["control.audioSocket.group"])
        #expect(
            difference.keys(.nextSession) == [
                "transports.openai-websocket", "session.assistant.reconnect.attempts",
            ])
        #expect(difference.addedSessions == ["new"])
        #expect(difference.changedSessions == ["assistant"])
        #expect(old.difference(from: new).removedSessions == ["new"])
        #expect(old.difference(from: old).isEmpty)
    }

    @Test("a check of a plugin's options can name their place")
    func places() throws {
        let settings = try Settings.parse(rich)
        #expect(
            settings.problem("transports.openai-websocket.url", "x").description
                == "parley.toml:9:1: transports.openai-websocket.url: x")
        #expect(
            settings.warnings(installedTransports: ["loopback"]).map(\.key)
                == ["transports.openai-websocket"])
    }

    @Test("the example loads without a warning and says the defaults")
    func example() throws {
        let text = try String(
            contentsOf: root.appending(path: "etc/parley/parley.toml"), encoding: .utf8)
        let settings = try Settings.parse(text)
        #expect(settings.warnings.isEmpty)
        #expect(settings.difference(from: Settings()).isEmpty)
    }

    @Test("every commented line of the example loads too")
    func exampleUncommented() throws {
        let text = try String(
            contentsOf: root.appending(path: "etc/parley/parley.toml"), encoding: .utf8)
        // A commented key or header; what is in parentheses behind it is for the reader.
        let pattern = /^# ((\w+ = .*?)|(\[.*\]))( +\(.*\))?$/
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("source = ") }.map { line in
            line.wholeMatch(of: pattern).map { String($0.1) } ?? String(line)
        }
        let settings = try Settings.parse(lines.joined(separator: "\n"))
        #expect(settings.audio.source == ["alsa_input.usb-Jabra*", "default"])
        #expect(settings.sessions.map(\.name) == ["assistant"])
        #expect(settings[transport: "openai-websocket"]?.secrets.count == 1)
        #expect(settings.opus == OpusSettings() && settings.jitter == JitterSettings())
    }

    @Test("docs/Configuration.md has every key as the table has it")
    func reference() throws {
        let text = try String(
            contentsOf: root.appending(path: "docs/Configuration.md"), encoding: .utf8)
        for table in [Settings.reference, Settings.sessionReference] where !text.contains(table) {
            Issue.record("docs/Configuration.md must contain:\n\(table)")
        }
    }
}
