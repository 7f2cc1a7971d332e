/// Draws the live view: a pure function from state and size to lines.
///
///     Parley 0.1.0 · sound server connected                        ^C ends
///
///     kitchen · loopback · connected
///       mic  ██████▍             -24 dB
///       spk  ████████████▎        -9 dB
///       latency  capture 5 · encode 0.2 · queue 12 · playback 10 = 27.2 ms
///       you    what is the weather like
///       peer   It is sunny, and
public struct WatchView: Sendable {
    public var columns: Int
    public var rows: Int
    private let style: TerminalStyle

    public init(columns: Int, rows: Int, style: TerminalStyle = .plain) {
        self.columns = max(20, columns)
        self.rows = max(4, rows)
        self.style = style
    }

    /// At most `rows` lines, each at most `columns` wide, escape sequences not counted.
    public func lines(_ state: WatchState) -> [String] {
        var lines = [header(state), ""]
        if state.sessions.isEmpty {
            lines.append(fit("  no session; parleyctl create TRANSPORT makes one"))
        }
        let share = max(4, (rows - 3) / max(1, state.sessions.count))
        for session in state.sessions { lines += self.lines(of: session, room: share) }
        let footer = notice(state)
        if lines.count + footer.count > rows {
            lines.removeLast(lines.count + footer.count - rows)
        }
        return lines + footer
    }

    private func header(_ state: WatchState) -> String {
        let left = TerminalText.harmless("\(state.gateway) · sound server \(state.soundServer)")
        let right = "^C ends"
        let room = columns - TerminalText.width(right) - 2
        guard room > 20 else { return style.bold(fit(left)) }
        return style.bold(TerminalText.padded(left, room)) + "  " + style.faint(right)
    }

    private func notice(_ state: WatchState) -> [String] {
        var parts: [String] = []
        if let notice = state.notice { parts.append(TerminalText.harmless(notice)) }
        if state.lost > 0 { parts.append("\(state.lost) events missed") }
        return parts.isEmpty ? [] : ["", style.yellow(fit(parts.joined(separator: " · ")))]
    }

    private func lines(of session: WatchState.Session, room: Int) -> [String] {
        var lines = [title(session)]
        lines.append(meter("mic", session.inputDb, isMuted: session.isInputMuted))
        lines.append(meter("spk", session.outputDb, isMuted: session.isOutputMuted))
        if !session.latency.isEmpty { lines.append(latency(session.latency)) }
        // One line stays free between sessions.
        lines += transcript(session, room: room - lines.count - 1)
        return lines.prefix(max(1, room - 1)) + [""]
    }

    private func title(_ session: WatchState.Session) -> String {
        let label = TerminalText.harmless(session.label)
        // The reason of a break that is over is no news.
        let reason = session.state == "connected" ? nil : session.reason
        let rest = TerminalText.harmless(
            " · \(session.transport) · \(session.state)" + (reason.map { " · \($0)" } ?? ""))
        let name = TerminalText.fitted(label, columns)
        let tail = TerminalText.fitted(rest, columns - TerminalText.width(name))
        switch session.state {
        case "connected": return style.bold(name) + style.green(tail)
        case "failed", "closed": return style.bold(name) + style.red(tail)
        default: return style.bold(name) + style.yellow(tail)
        }
    }

    private func meter(_ name: String, _ levelDb: Double?, isMuted: Bool) -> String {
        let width = min(48, columns - 16)
        let figure = isMuted ? "  muted" : LevelMeter.figure(levelDb: levelDb)
        let bar = LevelMeter.bar(levelDb: isMuted ? nil : levelDb, columns: width)
        let isLoud = (levelDb ?? LevelMeter.floorDb) > -3 && !isMuted
        return "  \(name)  " + (isLoud ? style.red(bar) : style.green(bar)) + " " + figure
    }

    private func latency(_ stages: [WatchState.Stage]) -> String {
        let parts = stages.map { "\($0.name) \(WatchView.figure($0.milliseconds))" }
        let sum = stages.reduce(0) { $0 + $1.milliseconds }
        return style.faint(
            fit("  latency  \(parts.joined(separator: " · ")) = \(WatchView.figure(sum)) ms"))
    }

    private func transcript(_ session: WatchState.Session, room: Int) -> [String] {
        guard room > 0 else { return [] }
        let width = columns - 9
        var lines: [String] = []
        for utterance in session.transcript.reversed() {
            guard lines.count < room else { break }
            var text = TerminalText.harmless(utterance.text)
            if utterance.wasInterrupted { text += " —" }
            let rows = TerminalText.tail(text, columns: width, lines: room - lines.count)
            let first = TerminalText.padded(utterance.speaker, 5)
            let drawn = rows.enumerated().map { index, row in
                "  " + (index == 0 ? style.bold(first) : "     ") + "  " + row
            }
            lines = drawn + lines
        }
        return lines
    }

    private func fit(_ text: String) -> String { TerminalText.fitted(text, columns) }

    /// One digit behind the point where it says something.
    static func figure(_ milliseconds: Double) -> String {
        let tenths = (milliseconds * 10).rounded() / 10
        return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
    }
}
