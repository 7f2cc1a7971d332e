import CLinux
import Glibc

/// Which programs on the audio socket have written something, asked once a tick instead of once a
/// program.
///
/// The set is edge-triggered (epoll(7)): it tells each time more arrives, and a program is read until
/// it gives less than was asked for. Nothing waits on it, so what programs write wakes nobody.
struct ProgramWatch: ~Copyable {
    private static var batch: Int { 64 }
    private let epoll: CInt
    private let events: UnsafeMutablePointer<epoll_event>

    init() {
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        precondition(epoll >= 0, "no descriptor left for the engine, errno \(errno)")
        events = .allocate(capacity: Self.batch)
    }

    deinit {
        close(epoll)
        events.deallocate()
    }

    /// From now on ``poll()`` marks the client. A client that can't be watched counts as gone.
    func add(_ client: UnsafeMutablePointer<StreamClient>) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        event.data.u64 = UInt64(UInt(bitPattern: client))
        if epoll_ctl(epoll, EPOLL_CTL_ADD, client.pointee.descriptor, &event) != 0 {
            client.pointee.noteGone()
        }
    }

    /// To be called before the client goes back to the control thread.
    func remove(_ client: UnsafeMutablePointer<StreamClient>) {
        var event = epoll_event()
        epoll_ctl(epoll, EPOLL_CTL_DEL, client.pointee.descriptor, &event)
    }

    /// Marks every client that has something to read or has ended its input. [never blocks]
    func poll() {
        while true {
            let count = Int(epoll_wait(epoll, events, CInt(Self.batch), 0))
            var index = 0
            while index < count {
                let event = events[index]
                let address = UInt(truncatingIfNeeded: event.data.u64)
                let hasEnded =
                    event.events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue)
                    != 0
                UnsafeMutablePointer<StreamClient>(bitPattern: address)?.pointee
                    .noteReadable(hasEnded: hasEnded)
                index += 1
            }
            guard count == Self.batch else { return }
        }
    }
}
