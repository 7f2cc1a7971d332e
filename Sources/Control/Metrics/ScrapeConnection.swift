import CLinux
import EventLoop
import Glibc

/// One scraper, from accept() to close(): a request, an answer, the end. Whatever it does or leaves
/// undone, it is gone after the times of ``MetricsServer/Limits``.
@LoopActor
final class ScrapeConnection {
    let peer: Peer
    private let socket: FileDescriptor
    private let limits: MetricsServer.Limits
    private let answer: @LoopActor (ScrapeRequest) -> ScrapeResponse
    private let onEnd: @LoopActor (ScrapeConnection) -> Void
    private var watch: Watch?
    private var timer: LoopTimer?
    private var stage = Stage.reading([])

    private enum Stage {
        case reading([UInt8])
        case writing([UInt8], written: Int)
        /// All is written; a close() now would take the answer back from a peer that is still sending
        /// (RFC 9112, section 9.6). What comes is dropped until it closes, for a moment.
        case lingering
        case closed
    }

    init(
        _ socket: FileDescriptor, peer: Peer, limits: MetricsServer.Limits,
        answer: @escaping @LoopActor (ScrapeRequest) -> ScrapeResponse,
        onEnd: @escaping @LoopActor (ScrapeConnection) -> Void
    ) {
        self.socket = socket
        self.peer = peer
        self.limits = limits
        self.answer = answer
        self.onEnd = onEnd
    }

    func start() {
        watch = EventLoop.shared.watchIfPossible(socket.raw, for: .read) { [weak self] _ in
            self?.serve()
        }
        guard watch != nil else { return close() }
        timer = EventLoop.shared.schedule(after: limits.requestTime) { [weak self] in
            self?.write(.tooLate)
        }
    }

    private func serve() {
        switch stage {
        case .reading(let bytes): read(bytes)
        case .writing(let bytes, let written): write(bytes, written)
        case .lingering: drain()
        case .closed: break
        }
    }

    private func read(_ earlier: [UInt8]) {
        var bytes = earlier
        let room = limits.requestSize + 1 - bytes.count
        let count = withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { chunk in
            let count = recv(socket.raw, chunk.baseAddress, room, CInt(MSG_DONTWAIT))
            if count > 0 { bytes += chunk[..<count] }
            return count
        }
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { close() }
            return
        }
        let request = ScrapeRequest(bytes, limit: limits.requestSize)
        guard request == .incomplete else { return write(answer(request)) }
        stage = .reading(bytes)
    }

    private func write(_ response: ScrapeResponse) {
        timer?.cancel()
        timer = EventLoop.shared.schedule(after: limits.answerTime) { [weak self] in self?.close() }
        write(response.bytes, 0)
    }

    private func write(_ bytes: [UInt8], _ earlier: Int) {
        var written = earlier
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(
                    socket.raw, $0.baseAddress.map { $0 + written }, bytes.count - written,
                    CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
            }
            if count > 0 {
                written += count
            } else if errno == EAGAIN {
                stage = .writing(bytes, written: written)
                watch?.change(to: .write)
                return
            } else if errno != EINTR {
                return close()
            }
        }
        stage = .lingering
        shutdown(socket.raw, CInt(SHUT_WR))
        watch?.change(to: .read)
        timer?.cancel()
        timer = EventLoop.shared.schedule(after: limits.lingerTime) { [weak self] in self?.close() }
    }

    private func drain() {
        let count = withUnsafeTemporaryAllocation(byteCount: 4_096, alignment: 1) { chunk in
            recv(socket.raw, chunk.baseAddress, chunk.count, CInt(MSG_DONTWAIT))
        }
        if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { close() }
    }

    func close() {
        if case .closed = stage { return }
        stage = .closed
        timer?.cancel()
        watch?.cancel()
        watch = nil
        shutdown(socket.raw, CInt(SHUT_RDWR))
        onEnd(self)
    }
}
