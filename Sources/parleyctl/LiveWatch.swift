import Control
import EventLoop
import Glibc
import JSON
import TerminalView

/// The live view: events change the state, and the terminal shows it at most 12 times a second.
struct LiveWatch {
    private static var frameMs: UInt64 { 80 }
    /// How often the latency budget is asked for.
    private static var surveyMs: UInt64 { 1_000 }

    private let client: ControlClient
    private let signals: SignalDescriptor
    private var state = WatchState()

    init(client: ControlClient, signals: SignalDescriptor) {
        self.client = client
        self.signals = signals
    }

    /// Runs until a signal, the key q, or the end of the gateway.
    consuming func run(snapshot: JSONValue) throws(DaemonError) {
        if let info = try? client.answer("gateway.info") {
            let words = [info["product"]?.stringValue, info["version"]?.stringValue]
            state.gateway = words.compactMap { $0 }.joined(separator: " ")
        }
        state.take(snapshot: snapshot)
        let terminal = Terminal()
        var drawnMs: UInt64 = 0
        var surveyedMs: UInt64 = 0
        var mustDraw = true
        while true {
            let nowMs = MonotonicClock.nowNs / 1_000_000
            if nowMs - surveyedMs >= Self.surveyMs {
                surveyedMs = nowMs
                try survey()
                mustDraw = true
            }
            if mustDraw, nowMs - drawnMs >= Self.frameMs {
                drawnMs = nowMs
                mustDraw = false
                draw(on: terminal)
            }
            let pause =
                mustDraw ? drawnMs + Self.frameMs - nowMs : surveyedMs + Self.surveyMs - nowMs
            let ready = wait(keyboard: terminal.keyboard, milliseconds: min(pause, Self.surveyMs))
            if ready.mustEnd { return }
            let events = try client.takeEvents(readable: ready.hasEvents)
            for event in events { state.take(event: event) }
            mustDraw = mustDraw || !events.isEmpty || ready.isResized
        }
    }

    private func draw(on terminal: Terminal) {
        let size = Terminal.size
        let view = WatchView(columns: size.columns, rows: size.rows, style: Terminal.style)
        terminal.draw(view.lines(state))
    }

    private mutating func survey() throws(DaemonError) {
        for session in state.sessions {
            do throws(DaemonError) {
                let parameters: JSONObject = ["session": .string(session.id), "limit": 0]
                state.take(session: try client.answer("sessions.get", parameters))
            } catch {
                // It may have ended a moment ago; session_closed is on its way.
                guard case .gateway(.refused) = error else { throw error }
            }
        }
    }

    private struct Ready {
        var hasEvents = false
        var isResized = false
        var mustEnd = false
    }

    private func wait(keyboard: CInt, milliseconds: UInt64) -> Ready {
        var waits = [
            pollfd(fd: client.fileDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.fd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: keyboard, events: Int16(POLLIN), revents: 0),
        ]
        poll(&waits, 3, CInt(milliseconds))
        var ready = Ready(hasEvents: waits[0].revents != 0)
        while let signal = signals.next() {
            if signal == SIGWINCH { ready.isResized = true } else { ready.mustEnd = true }
        }
        if waits[2].revents != 0 {
            var key: UInt8 = 0
            let count = read(keyboard, &key, 1)
            ready.mustEnd = ready.mustEnd || count <= 0 || key == UInt8(ascii: "q")
        }
        return ready
    }
}
