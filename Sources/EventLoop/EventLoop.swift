import CLinux
import Glibc
import Synchronization

/// The control thread: waits for descriptors, timers and jobs with one epoll set, and for nothing
/// else. With nothing to do it sleeps without end, so an idle daemon causes no wake-ups.
///
/// There is one per process, as executor of ``LoopActor``; a program gives it a thread by calling
/// ``run()``.
public final class EventLoop: SerialExecutor {
    public static let shared = EventLoop()

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var isSignalled = false
    }

    private let inbox = Mutex(Inbox())
    private let epoll: FileDescriptor
    private let doorbell: FileDescriptor
    /// `pthread_self()` of the thread in ``run()``; 0 before it.
    private let thread = Atomic<UInt>(0)

    private init() {
        let epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        let doorbell = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        guard epoll >= 0, doorbell >= 0 else {
            preconditionFailure("no descriptors left for the event loop, errno \(errno)")
        }
        self.epoll = FileDescriptor(owning: epoll)
        self.doorbell = FileDescriptor(owning: doorbell)
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = 0
        epoll_ctl(epoll, EPOLL_CTL_ADD, doorbell, &event)
    }

    // MARK: Executor

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let mustRing = inbox.withLock { inbox in
            inbox.jobs.append(job)
            defer { inbox.isSignalled = true }
            return !inbox.isSignalled
        }
        if mustRing { ring() }
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    public func checkIsolated() {
        precondition(isCurrent, "this must run on the control thread")
    }

    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Whether the caller is on the control thread.
    public var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Runs `body` on the control thread soon, after what was posted before. [thread-safe]
    public func post(_ body: @escaping @LoopActor @Sendable () -> Void) {
        Task { @LoopActor in body() }
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(doorbell.raw, &one, 8)
    }

    // MARK: The loop

    /// Serves the loop on the calling thread until ``stop()``. Call once at a time.
    public func run() {
        adoptCurrentThread()
        LoopActor.assumeIsolated { state.isRunning = true }
        while LoopActor.assumeIsolated({ state.isRunning }) { turn() }
    }

    func adoptCurrentThread() { thread.store(UInt(pthread_self()), ordering: .relaxed) }

    /// Gives the loop a thread of its own, once: for tests and clients whose main thread is taken.
    public static func startThread() { _ = background }

    private static let background: Void = {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                EventLoop.shared.run()
                return nil
            }, nil)
        pthread_detach(thread)
    }()

    /// Ends ``run()`` after this turn.
    @LoopActor public func stop() { state.isRunning = false }

    private func turn() {
        let timeoutMs = LoopActor.assumeIsolated { state.timeoutMs(nowNs: MonotonicClock.nowNs) }
        let hasJobs = inbox.withLock { !$0.jobs.isEmpty }
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { events in
            let count = epoll_wait(epoll.raw, events.baseAddress, 64, hasJobs ? 0 : timeoutMs)
            guard count > 0 else { return }
            for event in events.prefix(Int(count)) {
                if event.data.u64 == 0 {
                    var count: UInt64 = 0
                    _ = read(doorbell.raw, &count, 8)
                } else {
                    let token = event.data.u64
                    let ready = Readiness(epoll: event.events)
                    LoopActor.assumeIsolated { state.dispatch(token: token, ready: ready) }
                }
            }
        }
        LoopActor.assumeIsolated { state.fireTimers(nowNs: MonotonicClock.nowNs) }
        let jobs = inbox.withLock { inbox in
            inbox.isSignalled = false
            return exchangeEmpty(&inbox.jobs)
        }
        for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    private func exchangeEmpty(_ jobs: inout [UnownedJob]) -> [UnownedJob] {
        let taken = jobs
        jobs = []
        return taken
    }

    // MARK: Descriptors and timers

    @LoopActor private let state = LoopState()

    /// Calls `handler` while `fd` is ready for `interest`, level-triggered, until the watch is
    /// cancelled or released. The descriptor stays the caller's; cancel before closing it. Errors and
    /// hang-ups are reported whether asked for or not.
    ///
    /// For what the program can't do without: it ends when the kernel has no watch left.
    @LoopActor
    public func watch(
        _ fd: CInt, for interest: Readiness, handler: @escaping @LoopActor (Readiness) -> Void
    ) -> Watch {
        guard let watch = watchIfPossible(fd, for: interest, handler: handler) else {
            preconditionFailure("descriptor \(fd) can't be watched: errno \(errno)")
        }
        return watch
    }

    /// As ``watch(_:for:handler:)``, for one connection of many. Nil, with errno, when the kernel has no watch
    /// left: all processes of a user share them (`fs.epoll.max_user_watches`, epoll(7)).
    @LoopActor
    public func watchIfPossible(
        _ fd: CInt, for interest: Readiness, handler: @escaping @LoopActor (Readiness) -> Void
    ) -> Watch? {
        let watch = Watch(fd: fd, token: state.nextToken(), handler: handler)
        guard control(EPOLL_CTL_ADD, watch, interest) == 0 else {
            let code = errno
            watch.abandon()
            errno = code
            return nil
        }
        state.add(watch)
        return watch
    }

    /// As epoll_ctl(2).
    @LoopActor func control(_ operation: CInt, _ watch: Watch, _ interest: Readiness) -> CInt {
        var event = epoll_event()
        event.events = interest.epoll
        event.data.u64 = watch.token
        return epoll_ctl(epoll.raw, operation, watch.fd, &event)
    }

    @LoopActor func forget(_ watch: Watch) { state.remove(token: watch.token) }

    /// Calls `body` once, `delay` from now, unless the timer is cancelled or released.
    @LoopActor
    public func schedule(after delay: Duration, _ body: @escaping @LoopActor () -> Void)
        -> LoopTimer
    {
        let timer = LoopTimer(deadlineNs: MonotonicClock.nowNs + delay.nanoseconds, body: body)
        state.add(timer)
        return timer
    }
}
