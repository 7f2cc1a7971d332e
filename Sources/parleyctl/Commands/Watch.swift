import ArgumentParser
import Control
import ControlProtocol
import EventLoop
import Glibc
import JSON
import TerminalView

struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show sessions live: levels, what is said, where the time goes.",
        discussion: """
            ^C or q ends it. Where the output is no terminal each event is a line; with --json it is \
            the event as the gateway sends it.
            """)

    @Argument(help: "Id or name of sessions; all of them if left out.") var sessions: [String] = []
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        let client = try gateway.connect()
        let isLive = isatty(STDOUT_FILENO) == 1 && !gateway.json
        let signals = SignalDescriptor([SIGINT, SIGTERM, SIGHUP, SIGWINCH])
        let answer = try subscribe(client, withLevels: isLive)
        if isLive {
            try LiveWatch(client: client, signals: signals).run(
                snapshot: answer["snapshot"] ?? .null)
        } else {
            if gateway.json { write(answer.serialized(), to: STDOUT_FILENO) }
            try printEvents(client, signals)
        }
    }

    /// A monitor's socket refuses what was said; it gets the rest.
    private func subscribe(_ client: ControlClient, withLevels: Bool) throws -> JSONValue {
        let wanted = EventType.allCases.filter { type in
            type != .transportEvent && (withLevels || !type.isOnDemand)
        }
        do throws(DaemonError) {
            return try client.answer("events.subscribe", parameters(wanted))
        } catch {
            guard case .gateway(.refused(_, word: "forbidden", _)) = error else { throw error }
            return try client.answer(
                "events.subscribe", parameters(wanted.filter(\.isForMonitors)))
        }
    }

    private func parameters(_ types: [EventType]) -> JSONObject {
        var parameters: JSONObject = ["types": .array(types.map { .string($0.rawValue) })]
        if !sessions.isEmpty { parameters["sessions"] = .array(sessions.map { .string($0) }) }
        return parameters
    }

    private func printEvents(_ client: ControlClient, _ signals: SignalDescriptor) throws {
        // What came with the answer is here already, and no socket becomes readable for it.
        var isReadable = false
        while true {
            for event in try client.takeEvents(readable: isReadable) {
                // Past stdio's buffer: a line is of use when it happens.
                write(
                    gateway.json ? event.serialized() : WatchState.line(for: event),
                    to: STDOUT_FILENO)
            }
            var waits = [
                pollfd(fd: client.fileDescriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.fd, events: Int16(POLLIN), revents: 0),
            ]
            poll(&waits, 2, -1)
            if let signal = signals.next(), signal != SIGWINCH { return }
            isReadable = waits[0].revents != 0
        }
    }
}

extension ControlClient {
    /// The events that are there, without waiting for more.
    ///
    /// - Parameter readable: whether the socket has something.
    func takeEvents(readable: Bool) throws(DaemonError) -> [JSONValue] {
        var events: [JSONValue] = []
        var timeout: Duration = readable ? .milliseconds(1) : .zero
        while true {
            do throws(ControlClientError) {
                events.append(try nextEvent(timeout: timeout))
                timeout = .zero
            } catch {
                guard case .timeout = error else { throw .gateway(error) }
                return events
            }
        }
    }
}
