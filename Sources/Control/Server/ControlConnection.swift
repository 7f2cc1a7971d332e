import CLinux
import ControlProtocol
import EventLoop
import Glibc
import JSON

/// One client of control.sock or monitor.sock.
@LoopActor
final class ControlConnection {
    let caller: ControlCaller
    private(set) var subscription: Subscription?
    private let socket: FileDescriptor
    /// Strong both ways until the connection closes: a server lives as long as it has clients, and a
    /// request that is being answered may outlast whoever made the server.
    private let server: ControlServer
    private var watch: Watch?
    private var input = LineBuffer()
    private var outbox: Outbox
    private var bucket: TokenBucket
    private var inFlight = 0
    private var hasAsked = false
    private var isClosed = false
    /// No more input is taken; the connection ends when everything is answered and written.
    private var isFinishing = false
    /// What came behind a fault of the line is not looked at.
    private var isRefused = false
    private var patience: LoopTimer?
    private var slowSince: LoopTimer?

    init(socket: FileDescriptor, caller: ControlCaller, server: ControlServer) {
        self.socket = socket
        self.caller = caller
        self.server = server
        outbox = Outbox(limit: server.limits.outgoingBuffer)
        bucket = TokenBucket(
            burst: server.limits.requestBurst, perSecond: server.limits.requestsPerSecond,
            nowNs: MonotonicClock.nowNs)
    }

    func start() {
        watch = EventLoop.shared.watch(socket.raw, for: .read) { [weak self] ready in
            self?.serve(ready)
        }
        patience = EventLoop.shared.schedule(after: server.limits.firstRequestTimeout) {
            [weak self] in
            guard let self, !hasAsked else { return }
            refuse(ControlError(.timeout, "no request came within the time allowed"))
        }
    }

    private func serve(_ ready: Readiness) {
        if ready.contains(.write) { flush() }
        if !isClosed, !isFinishing, !ready.isDisjoint(with: [.read, .hangUp]) { readInput() }
        if ready == .hangUp, isFinishing { close() }
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
                isFinishing = true
                waitForReadiness()
            } else if errno != EAGAIN && errno != EINTR {
                close()
            }
        }
        while !isClosed, !isRefused, let line = input.next() { take(line) }
        if !isRefused, input.pending > longestLine { refuseLength(over: longestLine) }
        finishIfDone()
    }

    /// Long lines are for methods that change something.
    private var longestLine: Int {
        caller.role == .control ? server.limits.largeLineSize : server.limits.lineSize
    }

    /// - Parameter subject: what the limit holds for.
    private func refuseLength(over limit: Int, of subject: String = "a line") {
        refuse(
            ControlError(
                .invalidRequest, "\(subject) may have at most \(limit) bytes",
                code: .limitExceeded))
    }

    private func take(_ line: ArraySlice<UInt8>) {
        hasAsked = true
        guard line.count <= longestLine else { return refuseLength(over: longestLine) }
        guard bucket.take(nowNs: MonotonicClock.nowNs) else {
            return reply(
                id: Self.idOfRefused(line),
                .failure(
                    ControlError(
                        .limitExceeded,
                        "more than \(server.limits.requestsPerSecond) requests a second: slow down")
                ))
        }
        let request: JSONValue
        do throws(JSONError) {
            request = try JSONValue(parsing: line, maximumDepth: server.limits.nesting)
        } catch {
            let kind: ControlError.Kind
            if case .tooDeep = error { kind = .invalidRequest } else { kind = .parse }
            return reply(id: .null, .failure(ControlError(kind, "\(error)")))
        }
        handle(request, lineSize: line.count)
    }

    /// The id of a request that is refused before it is looked at: worth a look, so that the client
    /// knows which one it was.
    private static func idOfRefused(_ line: ArraySlice<UInt8>) -> JSONValue {
        (try? JSONValue(parsing: line))?["id"] ?? .null
    }

    private func handle(_ request: JSONValue, lineSize: Int) {
        let envelope: RequestEnvelope
        do throws(ControlError) {
            envelope = try RequestEnvelope(request)
        } catch {
            return reply(id: RequestEnvelope.id(of: request), .failure(error))
        }
        do throws(ControlError) {
            let method = try method(of: envelope)
            guard method.isLarge || lineSize <= server.limits.lineSize else {
                return refuseLength(
                    over: server.limits.lineSize, of: "a line with \(method.name)")
            }
            try check(envelope, for: method)
            begin(method, envelope)
        } catch {
            reply(id: envelope.id, .failure(error))
        }
    }

    /// Role first, then size, then parameters.
    private func method(of envelope: RequestEnvelope) throws(ControlError) -> ControlMethod {
        guard let method = ControlMethod.named(envelope.method) else {
            throw ControlError(
                .unknownMethod, "there is no method \(envelope.method); rpc.discover lists them")
        }
        guard method.access == .read || caller.role == .control else {
            throw ControlError(
                .forbidden, "\(method.name) changes something: use control.sock, not monitor.sock")
        }
        return method
    }

    private func check(
        _ envelope: RequestEnvelope, for method: ControlMethod
    ) throws(ControlError) {
        try method.parameters.check(envelope.parameters)
        guard inFlight < server.limits.requestsInFlight else {
            throw ControlError(
                .limitExceeded,
                "\(inFlight) requests wait for their answers: wait for one of them")
        }
    }

    private func begin(_ method: ControlMethod, _ envelope: RequestEnvelope) {
        switch method.name {
        case "rpc.discover":
            reply(id: envelope.id, .success(OpenRPC.document(version: server.version)))
        case "events.subscribe": subscribe(envelope)
        case "events.unsubscribe":
            subscription = nil
            reply(id: envelope.id, .success([:]))
        default:
            inFlight += 1
            // Starts on this thread at once, so requests begin in the order in which they came.
            Task.immediate { @LoopActor in
                let result = await answer(method.name, envelope.parameters)
                inFlight -= 1
                reply(id: envelope.id, result)
                finishIfDone()
            }
        }
    }

    private func answer(
        _ method: String, _ parameters: JSONObject
    ) async -> Result<JSONValue, ControlError> {
        guard let service = server.service else {
            return .failure(ControlError(.notSupported, "the daemon is about to end"))
        }
        do throws(ControlError) {
            return .success(try await service.answer(method, parameters, from: caller))
        } catch {
            return .failure(error)
        }
    }

    private func subscribe(_ envelope: RequestEnvelope) {
        var wanted = Subscription()
        wanted.types = envelope.parameters["types"]?.arrayValue.map { types in
            Set(types.compactMap { $0.stringValue.flatMap(EventType.init(rawValue:)) })
        }
        if caller.role != .control,
            let hidden = wanted.types?.filter({ !$0.isForMonitors }).map(\.rawValue).min()
        {
            let error = ControlError(
                .forbidden, "\(hidden) shows what was said: use control.sock, not monitor.sock")
            return reply(id: envelope.id, .failure(error))
        }
        if let names = envelope.parameters["sessions"]?.arrayValue {
            var ids: Set<String> = []
            for name in names.compactMap(\.stringValue) {
                guard let id = server.service?.sessionID(of: name) else {
                    let error = ControlError(.unknownSession, "there is no session \(name)")
                    return reply(id: envelope.id, .failure(error))
                }
                ids.insert(id)
            }
            wanted.sessions = ids
        }
        wanted.rawAudio = envelope.parameters["rawAudio"]?.boolValue ?? false
        subscription = wanted
        reply(
            id: envelope.id,
            .success([
                "sequence": .integer(server.lastSequence),
                "snapshot": server.service?.snapshot(for: caller.role) ?? [:],
            ]))
    }

    // MARK: Output

    private func reply(id: JSONValue?, _ result: Result<JSONValue, ControlError>) {
        // A request without id is a notification of the client: nobody waits for the answer.
        guard !isClosed, let id else { return }
        let line: [UInt8]
        switch result {
        case .success(let value): line = Self.response(id: id, result: value)
        case .failure(let error): line = Self.response(id: id, error: error)
        }
        guard outbox.addReply(line) else { return close() }
        flush()
    }

    func notify(_ line: [UInt8], key: String?) {
        guard !isClosed else { return }
        outbox.addEvent(line, key: key)
        flush()
    }

    private func flush() {
        let descriptor = socket.raw
        var isBroken = false
        outbox.drain { bytes in
            let count = send(
                descriptor, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
            if count < 0, errno != EAGAIN, errno != EINTR { isBroken = true }
            return max(0, count)
        }
        if isBroken { return close() }
        tellLost()
        waitForReadiness()
        watchPace()
        finishIfDone()
    }

    private func waitForReadiness() {
        var interest: Readiness = []
        if !isFinishing { interest.insert(.read) }
        if !outbox.isEmpty { interest.insert(.write) }
        watch?.change(to: interest)
    }

    private func tellLost() {
        guard let count = outbox.takeLost() else { return }
        let event = ControlEvent(
            type: .lost, session: nil, data: ["count": .integer(Int64(count))],
            sequence: server.lastSequence, timeMs: ControlEvent.nowMs)
        outbox.addEvent(event.line(rawAudio: false, limit: server.limits.eventSize), key: nil)
    }

    /// Cuts a client that has been far behind for too long.
    private func watchPace() {
        guard outbox.waiting > server.limits.slowReaderSize else {
            slowSince?.cancel()
            slowSince = nil
            return
        }
        guard slowSince == nil else { return }
        slowSince = EventLoop.shared.schedule(after: server.limits.slowReaderTime) { [weak self] in
            self?.close()
        }
    }

    // MARK: End

    /// Answers a fault after which the stream makes no sense, and ends.
    private func refuse(_ error: ControlError) {
        isRefused = true
        reply(id: .null, .failure(error))
        finish()
    }

    /// Ends when what waits is written.
    func finish() {
        isFinishing = true
        finishIfDone()
    }

    private func finishIfDone() {
        if isFinishing, !isClosed, inFlight == 0, outbox.isEmpty { close() }
    }

    private func close() {
        guard !isClosed else { return }
        isClosed = true
        subscription = nil
        patience?.cancel()
        slowSince?.cancel()
        watch?.cancel()
        watch = nil
        shutdown(socket.raw, CInt(SHUT_RDWR))
        server.forget(self)
    }

    static func response(id: JSONValue, result: JSONValue) -> [UInt8] {
        line(["jsonrpc": "2.0", "id": id, "result": result])
    }

    static func response(id: JSONValue, error: ControlError) -> [UInt8] {
        line(["jsonrpc": "2.0", "id": id, "error": error.json])
    }

    private static func line(_ object: JSONObject) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONValue.object(object).serialize(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }
}
