import Glibc
import Synchronization

/// The main thread of the plugin's host process, as an actor: the host calls every function of a
/// plugin there, never two at once, so a transport needs no lock.
///
/// ``TransportLayer`` is isolated to it, hence every type that conforms is, and the compiler refuses a
/// call from another thread. Tasks of this actor run on the host's loop as well; they need the loop
/// extension and a living session.
@globalActor
public actor TransportActor {
    public static let shared = TransportActor()

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        HostThread.shared.asUnownedSerialExecutor()
    }

    /// Runs `body` from a callback of the host, which is known to be on its main thread. Traps
    /// elsewhere.
    ///
    /// The cast drops the isolation from the function's type, as the standard library does for
    /// `MainActor.assumeIsolated`.
    public static func assumeIsolated<Result>(
        _ body: @TransportActor () throws -> Result
    ) rethrows -> Result {
        HostThread.shared.checkIsolated()
        return try withoutActuallyEscaping(body) { isolated in
            try unsafeBitCast(isolated, to: (() throws -> Result).self)()
        }
    }

    /// The same with an argument that is not Sendable, such as a pointer that the host lends: it can't be
    /// captured, but it may be passed, because nothing leaves the thread.
    static func assumeIsolated<Argument, Result>(
        _ argument: Argument, _ body: @TransportActor (Argument) -> Result
    ) -> Result {
        HostThread.shared.checkIsolated()
        return withoutActuallyEscaping(body) { isolated in
            unsafeBitCast(isolated, to: ((Argument) -> Result).self)(argument)
        }
    }
}

/// The executor of ``TransportActor``: knows the host's main thread, and reaches it through the loop
/// extension of any living session.
final class HostThread: SerialExecutor {
    static let shared = HostThread()

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var hosts: [TransportHost] = []
        var isPosted = false
    }

    /// `pthread_self()` of the thread that called the plugin's entry; 0 before.
    private let thread = Atomic<UInt>(0)
    private let inbox = Mutex(Inbox())

    /// The calling thread is the host's main thread.
    func adopt() { thread.store(UInt(pthread_self()), ordering: .relaxed) }

    func add(_ host: TransportHost) {
        inbox.withLock { inbox in
            inbox.hosts.append(host)
            if !inbox.jobs.isEmpty { Self.post(&inbox) }
        }
    }

    /// Jobs may have been posted through the host that goes away, so they are posted once more.
    func remove(_ host: TransportHost) {
        inbox.withLock { inbox in
            inbox.hosts.removeAll { $0 === host }
            inbox.isPosted = false
            if !inbox.jobs.isEmpty { Self.post(&inbox) }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        inbox.withLock { inbox in
            inbox.jobs.append(job)
            Self.post(&inbox)
        }
    }

    private static func post(_ inbox: inout Inbox) {
        guard !inbox.isPosted, let host = inbox.hosts.last else { return }
        inbox.isPosted = host.postRaw({ _ in HostThread.shared.runJobs() }, nil)
    }

    private func runJobs() {
        let jobs = inbox.withLock { inbox in
            inbox.isPosted = false
            let taken = inbox.jobs
            inbox.jobs = []
            return taken
        }
        for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    func checkIsolated() {
        precondition(isCurrent, "this must run on the main thread of the plugin's host")
    }

    func isIsolatingCurrentContext() -> Bool? { isCurrent }

    var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }
}
