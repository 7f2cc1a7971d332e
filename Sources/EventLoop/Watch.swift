import CLinux
import Glibc

/// What a descriptor is ready for.
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let read = Readiness(rawValue: 1)
    public static let write = Readiness(rawValue: 2)
    /// The other side closed, or the descriptor is in error: read to learn which.
    public static let hangUp = Readiness(rawValue: 4)

    var epoll: UInt32 {
        (contains(.read) ? EPOLLIN.rawValue : 0) | (contains(.write) ? EPOLLOUT.rawValue : 0)
    }

    init(epoll: UInt32) {
        var ready: Readiness = []
        if epoll & EPOLLIN.rawValue != 0 { ready.insert(.read) }
        if epoll & EPOLLOUT.rawValue != 0 { ready.insert(.write) }
        if epoll & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 { ready.insert(.hangUp) }
        self = ready
    }
}

/// A descriptor under watch. The loop holds it weakly: releasing it ends the watch.
@LoopActor
public final class Watch {
    let fd: CInt
    let token: UInt64
    let handler: @LoopActor (Readiness) -> Void
    private var isActive = true

    init(fd: CInt, token: UInt64, handler: @escaping @LoopActor (Readiness) -> Void) {
        self.fd = fd
        self.token = token
        self.handler = handler
    }

    /// Waits for something else from now on.
    public func change(to interest: Readiness) {
        guard isActive else { return }
        // Takes no memory, so it fails for descriptors only that are none.
        let result = EventLoop.shared.control(EPOLL_CTL_MOD, self, interest)
        precondition(result == 0, "epoll_ctl on descriptor \(fd): errno \(errno)")
    }

    /// It could not be begun, so there is nothing to end.
    func abandon() { isActive = false }

    /// Ends the watch; no call of the handler follows. Again is harmless.
    public func cancel() {
        guard isActive else { return }
        isActive = false
        _ = EventLoop.shared.control(EPOLL_CTL_DEL, self, [])
        EventLoop.shared.forget(self)
    }

    isolated deinit { cancel() }
}
