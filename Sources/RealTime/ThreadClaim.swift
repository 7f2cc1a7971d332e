import CLinux
import Glibc

/// What came of a thread's wish for real-time priority.
public struct ThreadClaim: Sendable, Hashable {
    /// Among real-time threads low: above everything ordinary, below the sound server's.
    static var priority: CInt { 5 }

    /// The kernel's number of the thread.
    public let thread: pid_t
    public let isGranted: Bool

    /// Real-time priority for the calling thread, where the process has the right to it (RLIMIT_RTPRIO,
    /// sched(7)). What the thread forks does not inherit it. [any thread]
    public static func make() -> ThreadClaim {
        var parameters = sched_param()
        parameters.sched_priority = priority
        let resetOnFork: CInt = 0x4000_0000
        let status = sched_setscheduler(0, CInt(SCHED_FIFO) | resetOnFork, &parameters)
        return ThreadClaim(thread: parley_thread_id(), isGranted: status == 0)
    }
}
