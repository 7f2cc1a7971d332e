import CLinux
import Glibc

/// Gives the engine its thread.
enum EngineThreadStarter {
    /// Priority among real-time threads, low: above everything ordinary, below the sound server's.
    static var priority: CInt { 5 }

    /// - Returns: whether the thread has real-time priority.
    static func start(_ channel: EngineChannel) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let channel = Unmanaged<EngineChannel>.fromOpaque(argument).takeRetainedValue()
                _ = parley_name_thread("engine")
                var engine = EngineThread(channel: channel)
                engine.run()
                return nil
            }, Unmanaged.passRetained(channel).toOpaque())
        pthread_attr_destroy(&attributes)
        precondition(status == 0, "the engine's thread can't start: errno \(status)")
        var parameters = sched_param()
        parameters.sched_priority = priority
        return pthread_setschedparam(thread, CInt(SCHED_FIFO) | 0x4000_0000, &parameters) == 0
    }
}
