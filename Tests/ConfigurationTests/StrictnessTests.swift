import Configuration
import ControlProtocol
import Testing

@Suite("What is wrong in a config is said with its place")
struct StrictnessTests {
    @Test(
        "a value of the wrong kind, unit or range names file, line, column, key and remedy",
        arguments: [
            (
                "[opus]\nbitrate = \"fast\"",
                "parley.toml:2:1: opus.bitrate: must be an integer from 6000 to 510000, "
                    + "not a string"
            ),
            (
                "[opus]\n  complexity = 11",
                "parley.toml:2:3: opus.complexity: must be an integer from 0 to 10, not 11"
            ),
            (
                "[audio]\ncaptureBuffer = 20",
                "parley.toml:2:1: audio.captureBuffer: must be a string with a unit such as "
                    + "\"500ms\", not an integer"
            ),
            (
                "[audio]\ncaptureBuffer = \"20\"",
                "parley.toml:2:1: audio.captureBuffer: must be a number with a unit "
                    + "(ns, us, ms, s, min, h) such as \"500ms\", not \"20\""
            ),
            (
                "audio.captureBuffer = \"2s\"",
                "parley.toml:1:7: audio.captureBuffer: must be from 1ms to 500ms, not 2s"
            ),
            (
                "[control]\nlineSize = \"1MB\"",
                "parley.toml:2:1: control.lineSize: must be a number with a unit "
                    + "(B, KiB, MiB, GiB) such as \"16MiB\", not \"1MB\""
            ),
            (
                "[audio]\nechoCancellation = \"maybe\"",
                "parley.toml:2:1: audio.echoCancellation: must be one of \"auto\", \"on\", "
                    + "\"off\", not \"maybe\""
            ),
            (
                "[audio]\ngate = 1",
                "parley.toml:2:1: audio.gate: must be true or false, not an integer"
            ),
            ("[audio]\nsource = []", "parley.toml:2:1: audio.source: must not be empty"),
            (
                "[audio]\nsource = \"default\"",
                "parley.toml:2:1: audio.source: must be a list such as [\"…\"], not a string"
            ),
            (
                "[audio]\nserver = \"tcp:192.0.2.1\"",
                "parley.toml:2:1: audio.server: must be a Unix socket such as "
                    + "\"unix:/run/user/1000/pulse/native\"; sound servers over the network are "
                    + "refused"
            ),
            (
                "[logging]\nlevel = 2020-01-01",
                "parley.toml:2:1: logging.level: must be one of \"error\", \"warning\", \"info\", "
                    + "\"debug\", not a date"
            ),
            ("audio = 1", "parley.toml:1:1: audio: must be a table, not an integer"),
            (
                "version = 2",
                "parley.toml:1:1: version: must be 1: this is what this parleyd reads"
            ),
            (
                "[control]\nreservedClients = 64",
                "parley.toml:2:1: control.reservedClients: must be less than control.clients"
            ),
            (
                "[reconnect]\ninitial = \"1h\"",
                "parley.toml:2:1: reconnect.maximum: must not be less than initial"
            ),
        ])
    func wrongValue(text: String, message: String) {
        #expect(problems(text) == [message])
    }

    @Test(
        "an unknown key is refused, with a guess when one is near",
        arguments: [
            (
                "[audio]\nsoruce = [\"x\"]",
                "parley.toml:2:1: audio.soruce: there is no such key; did you mean audio.source?"
            ),
            ("[audoi]", "parley.toml:1:2: audoi: there is no such key; did you mean audio?"),
            (
                "[opus]\nbitRate = 1",
                "parley.toml:2:1: opus.bitRate: there is no such key; did you mean opus.bitrate?"
            ),
            ("colour = 1", "parley.toml:1:1: colour: there is no such key"),
            (
                "[[session]]\nname = \"a\"\ntransport = \"b\"\nautoStart = true",
                "parley.toml:4:1: session.a.autoStart: there is no such key; did you mean autostart?"
            ),
        ])
    func unknownKey(text: String, message: String) {
        #expect(problems(text) == [message])
    }

    @Test("every problem is reported, in the order of the file")
    func allAtOnce() {
        let text = """
            [opus]
            bitrate = 1
            speed = 1
            [[session]]
            transport = "UPPER"
            [audio]
            gate = "x"
            """
        let places = problems(text).map { String($0.prefix { $0 != " " }) }
        #expect(
            places == [
                "parley.toml:2:1:", "parley.toml:3:1:", "parley.toml:4:1:", "parley.toml:5:1:",
                "parley.toml:7:1:",
            ])
    }

    @Test("a key that begins with what no key begins with is a fault like any other")
    func noKey() {
        for text in ["[[$session]\n", "[$x]\n", "a.$b = 1\n"] {
            #expect(throws: ConfigurationError.self) { try Settings.parse(text) }
        }
    }

    @Test("a fault of the text itself has its place")
    func syntax() {
        let found = problems("[audio]\nsource = [\"a\"\nsink = 1\n")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("parley.toml:3:") == true, "\(found)")
        #expect(problems("a = 1\na = 2").first?.hasPrefix("parley.toml:2:") == true)
        #expect(problems("a = \"\u{1}\"").count == 1)
    }

    @Test("durations and sizes are exact, and print as they were meant")
    func quantities() throws {
        let settings = try Settings.parse(
            """
            [audio]
            captureBuffer = "1.5ms"
            playbackBuffer = "0.5s"
            [reconnect]
            maximum = "2min"
            [control]
            lineSize = "64KiB"
            slowReaderSize = "4096B"
            """)
        #expect(settings.audio.captureBuffer == .microseconds(1500))
        #expect(settings.audio.playbackBuffer == .milliseconds(500))
        #expect(settings.reconnect.maximum == .seconds(120))
        #expect(settings.control.limits.lineSize == 65_536)
        #expect(settings.printed.contains("captureBuffer = \"1500us\""))
        #expect(settings.printed.contains("slowReaderSize = \"4KiB\""))
        for bad in [
            "1.5.0ms", ".5ms", "1.ms", "-1ms", "1 ms", "1e3ms", "99999999999999999999h", "ms",
        ] {
            #expect(problems("audio.captureBuffer = \"\(bad)\"").count == 1, "\(bad)")
        }
    }
}
