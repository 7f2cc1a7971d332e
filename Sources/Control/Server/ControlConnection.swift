import CLinux
import ControlProtocol
import EventLoop
import Glibc
import JSON
import Metrics

/// One client of control.sock or monitor.sock, from accept() to close().
///
///     socket ─► LineBuffer ─► RequestIntake ─► the server's service, or ourselves
///     socket ◄─ ConnectionOutput ◄─ ResponseLine, ControlEvent ◄─┘
@LoopActor
final class ControlConnection {
    let caller: ControlCaller
    private(set) var subscription: Subscription? { didSet { server.onListeners() } }
    private let socket: FileDescriptor
    /// Strong both ways until the connection closes: a server lives as long as it has clients, and a
    /// request that is being answered may outlast whoever made the server.
    private let server: ControlServer
    private var watch: Watch?
    private var input = LineBuffer()
    private var intake: RequestIntake
    private var output: ConnectionOutput?
    private var inFlight = 0
    /// Until the first request has come.
    private var patience: LoopTimer?
    /// While a long line has not ended.
    private var lineTimer: LoopTimer?
    private var stage = Stage.open

    private enum Stage {
        case open
        /// No more input is taken; the connection ends when everything is answered and written.
        case finishing
        /// As `finishing`; what came behind a fault of the line is not looked at.
        case refused
        case closed
    }

    init(socket: FileDescriptor, caller: ControlCaller, server: ControlServer) {
        self.socket = socket
        self.caller = caller
        self.server = server
        intake = RequestIntake(
            role: caller.role, limits: server.limits, nowNs: MonotonicClock.nowNs)
    }

    func start() {
        output = ConnectionOutput(
            socket: socket, limits: server.limits,
            lost: { [server] in server.lostLine(count: $0) },
            onTooSlow: { [weak self] in self?.cut() })
        watch = EventLoop.shared.watchIfPossible(socket.raw, for: .read) { [weak self] ready in
            self?.serve(ready)
        }
        guard watch != nil else { return close() }
        patience = EventLoop.shared.schedule(after: server.limits.firstRequestTimeout) {
            [weak self] in
            self?.refuse(ControlError(.timeout, "no request came within the time allowed"))
        }
    }

    private func serve(_ ready: Readiness) {
        if ready.contains(.write) { flush() }
        if stage == .open, !ready.isDisjoint(with: [.read, .hangUp]) { readInput() }
        // Nobody is there to read what waits.
        if ready == .hangUp, stage != .open { close() }
    }

    // MARK: Input

    private func readInput() {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { room in
            let count = recv(socket.raw, room.baseAddress, room.count, CInt(MSG_DONTWAIT))
            if count > 0 {
                input.append(UnsafeRawBufferPointer(rebasing: room[..<count]))
            } else if count == 0 {
                // A client may half-close and still read its answers. An end of file stays readable, so
                // the loop would spin on it until those are there.
                stage = .finishing
                waitForReadiness()
            } else if errno != EAGAIN && errno != EINTR {
                close()
            }
        }
        while stage == .open || stage == .finishing, let line = input.next() { take(line) }
        if stage == .open { boundUnendedLine() }
        finishIfDone()
    }

    /// Bytes of a line that has not ended, where they are worth counting.
    var unendedBytes: Int { input.pending > server.limits.unendedLineSize ? input.pending : 0 }

    private func boundUnendedLine() {
        let longest = intake.longestLine(server.limits)
        guard input.pending <= longest else { return refuse(RequestIntake.tooLong(longest)) }
        guard unendedBytes > 0 else { return }
        guard server.hasRoomForLines(of: caller.peer) else {
            return refuse(
                ControlError(
                    .limitExceeded, "too many long lines have not ended yet: send them one by one"))
        }
        guard lineTimer == nil else { return }
        lineTimer = EventLoop.shared.schedule(after: server.limits.unendedLineTime) {
            [weak self] in
            self?.refuse(ControlError(.timeout, "a line did not end within the time allowed"))
        }
    }

    private func take(_ line: ArraySlice<UInt8>) {
        patience?.cancel()
        lineTimer?.cancel()
        lineTimer = nil
        let verdict = intake.take(
            line, inFlight: inFlight, limits: server.limits, nowNs: MonotonicClock.nowNs)
        switch verdict {
        case .run(let method, let envelope):
            server.figures.requests += 1
            run(method, envelope)
        case .refuse(let id, let error): reply(id: id, .failure(error))
        case .end(let error): refuse(error)
        }
    }

    private func run(_ method: ControlMethod, _ envelope: RequestEnvelope) {
        switch method.name {
        case "rpc.discover": answer(method, id: envelope.id, .success(server.discovery))
        case "events.subscribe": answer(method, id: envelope.id, subscribe(envelope.parameters))
        case "events.unsubscribe":
            subscription = nil
            answer(method, id: envelope.id, .success([:]))
        default:
            inFlight += 1
            let beganNs = MonotonicClock.nowNs
            // Starts on this thread at once, so requests begin in the order in which they came.
            Task.immediate { @LoopActor in
                let result = await server.answer(method, envelope.parameters, from: caller)
                inFlight -= 1
                server.figures.requestTime.note(Double(MonotonicClock.nowNs - beganNs) / 1e9)
                answer(method, id: envelope.id, result)
                finishIfDone()
            }
        }
    }

    private func subscribe(_ parameters: JSONObject) -> Result<JSONValue, ControlError> {
        do throws(ControlError) {
            subscription = try Subscription(parameters, role: caller.role) { [server] name in
                server.service?.sessionID(of: name)
            }
        } catch {
            return .failure(error)
        }
        return .success([
            "sequence": .integer(server.lastSequence),
            "snapshot": server.service?.snapshot(for: caller.role) ?? [:],
        ])
    }

    // MARK: Output

    var waitingBytes: Int { output?.waiting ?? 0 }

    private func answer(
        _ method: ControlMethod, id: JSONValue?, _ result: Result<JSONValue, ControlError>
    ) {
        server.audit.answer(method, result)
        reply(id: id, result)
    }

    private func reply(id: JSONValue?, _ result: Result<JSONValue, ControlError>) {
        if case .failure = result { server.figures.requestsRefused += 1 }
        // A request without id is a notification of the client: nobody waits for the answer.
        guard stage != .closed, let id else { return }
        guard output?.addReply(ResponseLine.bytes(id: id, result)) == true else { return cut() }
        flush()
    }

    func notify(_ line: [UInt8], key: String?) {
        guard stage != .closed else { return }
        if output?.addEvent(line, key: key) == false { server.figures.eventsLost += 1 }
        flush()
    }

    private func flush() {
        guard output?.flush() == true else { return close() }
        waitForReadiness()
        finishIfDone()
    }

    private func waitForReadiness() {
        var interest: Readiness = []
        if stage == .open { interest.insert(.read) }
        if output?.isEmpty == false { interest.insert(.write) }
        watch?.change(to: interest)
    }

    // MARK: End

    /// Answers a fault after which the stream makes no sense, and ends.
    private func refuse(_ error: ControlError) {
        guard stage != .closed else { return }
        stage = .refused
        input = LineBuffer()
        reply(id: .null, .failure(error))
        finishIfDone()
    }

    /// Ends when what waits is answered and written.
    func finish() {
        if stage == .open { stage = .finishing }
        finishIfDone()
    }

    private func finishIfDone() {
        guard stage == .finishing || stage == .refused else { return }
        if inFlight == 0, output?.isEmpty == true { close() }
    }

    /// Ends a client that does not read.
    private func cut() {
        server.figures.cut += 1
        close()
    }

    private func close() {
        guard stage != .closed else { return }
        stage = .closed
        subscription = nil
        patience?.cancel()
        lineTimer?.cancel()
        output?.close()
        watch?.cancel()
        watch = nil
        shutdown(socket.raw, CInt(SHUT_RDWR))
        server.forget(self)
    }
}
