import CLinux
import ControlProtocol
import EventLoop
import Glibc

/// What goes out to one client: writes as much as the socket takes, tells what was lost, and notices a
/// client that is far behind for too long.
@LoopActor
final class ConnectionOutput {
    private let socket: FileDescriptor
    private let limits: ControlLimits
    private var outbox: Outbox
    private var slowSince: LoopTimer?
    /// Makes the line of a `lost` event.
    private let lost: @LoopActor (Int) -> [UInt8]
    private let onTooSlow: @LoopActor () -> Void

    init(
        socket: FileDescriptor, limits: ControlLimits, lost: @escaping @LoopActor (Int) -> [UInt8],
        onTooSlow: @escaping @LoopActor () -> Void
    ) {
        self.socket = socket
        self.limits = limits
        self.lost = lost
        self.onTooSlow = onTooSlow
        outbox = Outbox(limit: limits.outgoingBuffer)
    }

    var isEmpty: Bool { outbox.isEmpty }

    /// False when the client asks and never reads.
    func addReply(_ line: [UInt8]) -> Bool { outbox.addReply(line) }

    /// Bytes beside the entry being written.
    var waiting: Int { outbox.waiting }

    /// As ``Outbox/addEvent(_:key:)``.
    @discardableResult
    func addEvent(_ line: [UInt8], key: String?) -> Bool { outbox.addEvent(line, key: key) }

    /// Writes what the socket takes. False when the connection is broken.
    func flush() -> Bool {
        let descriptor = socket.raw
        var isBroken = false
        outbox.drain { bytes in
            let count = send(
                descriptor, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
            if count < 0, errno != EAGAIN, errno != EINTR { isBroken = true }
            return max(0, count)
        }
        guard !isBroken else { return false }
        if let count = outbox.takeLost() { outbox.addEvent(lost(count), key: nil) }
        watchPace()
        return true
    }

    private func watchPace() {
        guard outbox.waiting > limits.slowReaderSize else {
            slowSince?.cancel()
            slowSince = nil
            return
        }
        guard slowSince == nil else { return }
        slowSince = EventLoop.shared.schedule(after: limits.slowReaderTime, onTooSlow)
    }

    func close() { slowSince?.cancel() }
}
