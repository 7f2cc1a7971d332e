import CLinux

extension EventLoop {
    /// From now on jobs that belong to no actor run on the control thread, too, and not on threads that
    /// the concurrency runtime would start for them.
    ///
    /// A task that waits is such a job when it is resumed, before it comes back to its actor. The
    /// runtime's pool of threads (libdispatch) wakes up every second for as long as the process lives,
    /// once it was used. Nothing here blocks, so nothing is lost without it. For the program's main
    /// function, once, before there are tasks.
    public static func takeGlobalJobs() {
        parley_take_global_jobs { job in
            guard let job else { return }
            EventLoop.shared.enqueue(ExecutorJob(unsafeBitCast(job, to: UnownedJob.self)))
        }
    }
}
