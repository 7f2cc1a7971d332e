import Testing

@testable import TerminalView

@Suite("The live view is drawn from its state")
struct WatchViewTests {
    private var state: WatchState {
        var state = WatchState()
        state.gateway = "Parley 0.1.0"
        state.soundServer = "connected"
        var session = WatchState.Session(
            id: "s1", name: "kitchen", transport: "loopback", state: "connected")
        session.inputDb = -30
        session.outputDb = -60
        session.latency = [.init("capture", 5), .init("queue", 12.25), .init("playback", 10)]
        session.append("what is ", item: "a", speaker: "you")
        session.append("the weather", item: "a", speaker: "you")
        session.append("It is sunny", item: "b", speaker: "peer")
        state.sessions = [session]
        return state
    }

    @Test("a session shows state, both levels, latency and what is said")
    func drawn() {
        let lines = WatchView(columns: 60, rows: 20).lines(state)
        #expect(
            lines == [
                "Parley 0.1.0 · sound server connected                ^C ends",
                "",
                "kitchen · loopback · connected",
                "  mic  ██████████████████████                        -30 dB",
                "  spk                                                 quiet",
                "  latency  capture 5 · queue 12.3 · playback 10 = 27.3 ms",
                "  you    what is the weather",
                "  peer   It is sunny",
                "",
            ])
    }

    @Test("nothing is wider or longer than the terminal", arguments: [(20, 4), (30, 8), (200, 50)])
    func fits(columns: Int, rows: Int) {
        var state = self.state
        state.notice = String(repeating: "long ", count: 100)
        state.update("s1") {
            $0.append(String(repeating: "字 word ", count: 200), item: "c", speaker: "peer")
            $0.reason = String(repeating: "r", count: 300)
        }
        for index in 0..<10 {
            state.put(.init(id: "x\(index)", transport: "t", state: "connecting"))
        }
        let lines = WatchView(columns: columns, rows: rows).lines(state)
        #expect(lines.count <= rows)
        for line in lines { #expect(TerminalText.width(line) <= columns, "\(line)") }
    }

    @Test("what a peer says can't move the cursor or turn the text")
    func harmless() {
        var state = self.state
        state.update("s1") {
            $0.append("a\u{1b}[2Jb\nc\u{202e}d", item: "z", speaker: "peer")
            $0.name = "\u{1b}]0;x\u{7}"
        }
        let text = WatchView(columns: 80, rows: 24).lines(state).joined()
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202e })
    }

    @Test("muted directions say so, unknown levels are dots")
    func levels() {
        var state = self.state
        state.update("s1") {
            $0.isInputMuted = true
            $0.outputDb = nil
        }
        let lines = WatchView(columns: 40, rows: 20).lines(state)
        #expect(lines[3] == "  mic  ························   muted")
        #expect(lines[4] == "  spk  ························       -")
    }

    @Test("without a session the view says how to make one")
    func empty() {
        let lines = WatchView(columns: 80, rows: 24).lines(WatchState())
        #expect(lines.last == "  no session; parleyctl create TRANSPORT makes one")
    }

    @Test("the newest words stay when there is no room for all")
    func tail() {
        var state = self.state
        for index in 0..<30 {
            state.update("s1") { $0.append("line \(index)", item: "i\(index)", speaker: "peer") }
        }
        let lines = WatchView(columns: 60, rows: 12).lines(state)
        #expect(lines.contains("  peer   line 29"))
        #expect(!lines.contains("  peer   line 1"))
    }

    @Test("a bar has eighths of cells, and ends at full scale")
    func bar() {
        #expect(LevelMeter.bar(levelDb: 6, columns: 3) == "███")
        #expect(LevelMeter.bar(levelDb: -30, columns: 3) == "█▌ ")
        #expect(LevelMeter.bar(levelDb: -120, columns: 3) == "   ")
        #expect(LevelMeter.bar(levelDb: nil, columns: 3) == "···")
    }

    @Test("columns are aligned whatever is in them")
    func table() {
        var table = Table(["NAME", "MS"], numbers: [1])
        table.append(["字", "5"])
        table.append(["longer\n", "12.5"])
        #expect(table.lines == ["NAME       MS", "字          5", "longer   12.5"])
    }
}
