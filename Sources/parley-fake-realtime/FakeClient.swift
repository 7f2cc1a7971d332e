import CLinux
import EventLoop
import FakeRealtime
import Glibc
import HTTP
import WebSocket

/// One client of the fake: a socket, the WebSocket on it, and the session behind it.
@LoopActor
final class FakeClient {
    private let socket: FileDescriptor
    private let connection: WebSocketConnection
    private let transcript: Transcript
    private let onEnd: @LoopActor (FakeClient) -> Void
    private var watch: Watch?
    private var timer: LoopTimer?
    private var session: FakeSession?
    private var isOver = false
    private var waitsForRoom = false
    /// Once set, the socket is closed when everything is written.
    private var endsWhenWritten = false
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

    init(
        _ socket: FileDescriptor, number: Int, tls: TLSContext?, options: FakeOptions,
        transcript: Transcript,
        onEnd: @escaping @LoopActor (FakeClient) -> Void
    ) throws {
        self.socket = socket
        self.number = number
        self.transcript = transcript
        self.onEnd = onEnd
        connection = try WebSocketConnection(serverWith: tls) { head in
            transcript.requested(head.start[1], head.headers, by: number)
            let options = options.with(target: head.start[1], connection: number)
            guard options.refuse == 0 else {
                let retry = options.retryAfterSeconds.map { ["Retry-After: \($0)"] } ?? []
                return .refuse(
                    status: options.refuse, reason: "Refused",
                    headers: ["Content-Type: application/json"] + retry,
                    body: "{\"error\":{\"type\":\"invalid_request_error\",\"code\":"
                        + "\"\(options.errorCode)\",\"message\":\"Refused on demand.\"}}")
            }
            let offered = head["sec-websocket-protocol"]?.contains("realtime") == true
            return .accept(subprotocol: offered ? "realtime" : nil)
        }
        defaults = options
        watch = EventLoop.shared.watch(socket.raw, for: .read) { [weak self] in self?.serve($0) }
    }

    private let defaults: FakeOptions
    private let number: Int
    private var target = ""
    private var stallTimer: LoopTimer?
    private var sendsFragments = false

    isolated deinit { buffer.deallocate() }

    // MARK: Bytes

    private func serve(_ ready: Readiness) {
        if ready.contains(.write) { write() }
        guard !ready.isDisjoint(with: [.read, .hangUp]), !isOver, let base = buffer.baseAddress
        else { return }
        let count = recv(socket.raw, base, buffer.count, CInt(MSG_DONTWAIT))
        if count > 0 {
            connection.receive(UnsafeRawBufferPointer(start: base, count: count)) { tell($0) }
            write()
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            end()
        }
    }

    private func tell(_ event: WebSocketConnection.Event) {
        switch event {
        case .opened(let head):
            target = head.start[1]
            let options = defaults.with(target: head.start[1], connection: number)
            let model = FakeOptions.query(head.start[1]).first { $0.name == "model" }?.value
            session = FakeSession(
                model: model ?? "", options: options, nowNs: MonotonicClock.nowNs,
                unixSeconds: Int64(time(nil)),
                connection: number)
            advance()
        case .text(let bytes):
            transcript.received(bytes, from: number)
            let outputs = session?.receive(bytes, nowNs: MonotonicClock.nowNs) ?? []
            carryOut(outputs)
            arm()
        case .binary(let bytes):
            transcript.note("a binary message of \(bytes.count) bytes came", of: number)
        case .pong: break
        case .closed(let code, let reason):
            transcript.note("closed by the client: \(code) \(reason)", of: number)
            endsWhenWritten = true
        case .failed(let error):
            transcript.note("\(error)", of: number)
            endsWhenWritten = true
        }
    }

    private func write() {
        while !connection.outgoing.isEmpty, !isOver, watch != nil {
            let bytes = connection.outgoing.bytes
            let count = send(
                socket.raw, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
            if count >= 0 {
                connection.sent(count)
            } else if errno == EAGAIN {
                return waitForRoom(true)
            } else if errno != EINTR {
                return end()
            }
        }
        waitForRoom(false)
        if endsWhenWritten { end() }
    }

    private func waitForRoom(_ waits: Bool) {
        guard waits != waitsForRoom, !isOver else { return }
        waitsForRoom = waits
        watch?.change(to: waits ? [.read, .write] : .read)
    }

    // MARK: Session

    private func advance() {
        carryOut(session?.advance(nowNs: MonotonicClock.nowNs) ?? [])
        write()
        arm()
    }

    private func arm() {
        guard !isOver, watch != nil, let due = session?.nextDueNs, due != .max else { return }
        let now = MonotonicClock.nowNs
        timer = EventLoop.shared.schedule(after: .nanoseconds(due > now ? Int64(due - now) : 0)) {
            [weak self] in self?.advance()
        }
    }

    private func carryOut(_ outputs: [FakeSession.Output]) {
        for output in outputs {
            switch output {
            case .send(let text):
                transcript.sent(text, to: number)
                deliver(text)
            case .sendBinary(let bytes): _ = bytes.withUnsafeBytes { connection.sendBinary($0) }
            case .sendGarbled(let bytes): connection.sendRaw(Self.frame(.text, bytes[...]))
            case .sendFragments: sendsFragments = true
            case .sendLines(let path): sendLines(path)
            case .close(let code, let reason):
                transcript.note("closing: \(code) \(reason)", of: number)
                connection.close(code: code, reason: reason)
            case .reset:
                transcript.note("resetting the connection", of: number)
                // RST instead of FIN (socket(7)).
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(
                    socket.raw, SOL_SOCKET, SO_LINGER, &linger,
                    socklen_t(MemoryLayout<Glibc.linger>.size))
                return end()
            case .stall: stall()
            }
        }
    }

    // MARK: Frames

    private func deliver(_ text: String) {
        guard sendsFragments else {
            connection.sendText(text)
            return
        }
        let bytes = Array(text.utf8)
        for place in bytes.indices {
            let kind: FrameKind = place == 0 ? .text : .continuation
            let isLast = place == bytes.count - 1
            connection.sendRaw(Self.frame(kind, bytes[place...place], isLast: isLast))
            // Control frames may come between fragments (RFC 6455 section 5.4).
            if place == bytes.count / 2, !isLast { connection.sendRaw(Self.frame(.ping, [])) }
        }
    }

    private func sendLines(_ path: String) {
        var lines: [UInt8] = []
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            return transcript.note("\(path): \(String(cString: strerror(errno)))", of: number)
        }
        defer { close(file) }
        var piece = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(file, &piece, piece.count), count > 0 {
            lines += piece.prefix(count)
        }
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            Array(line).withUnsafeBytes { _ = connection.sendText($0) }
        }
    }

    /// Opcodes of RFC 6455 section 5.2.
    private enum FrameKind: UInt8 { case continuation = 0, text = 1, ping = 9 }

    /// A server's frame of less than 126 bytes: it has no mask.
    private static func frame(
        _ kind: FrameKind, _ bytes: ArraySlice<UInt8>, isLast: Bool = true
    ) -> [UInt8] {
        precondition(bytes.count < 126, "a frame with a longer length is not made here")
        return [kind.rawValue | (isLast ? 0x80 : 0), UInt8(bytes.count)] + bytes
    }

    private func stall() {
        transcript.note("stalling", of: number)
        watch?.cancel()
        watch = nil
        waitsForRoom = false
        timer?.cancel()
        let ms = defaults.with(target: target, connection: number).stallMs
        guard ms > 0 else { return }
        stallTimer = EventLoop.shared.schedule(after: .milliseconds(ms)) { [weak self] in
            guard let self, !isOver else { return }
            watch = EventLoop.shared.watch(socket.raw, for: .read) { [weak self] in self?.serve($0)
            }
            advance()
        }
    }

    private func end() {
        guard !isOver else { return }
        isOver = true
        watch?.cancel()
        watch = nil
        timer?.cancel()
        onEnd(self)
    }
}
