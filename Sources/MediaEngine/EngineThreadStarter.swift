import CLinux
import Glibc

/// Gives the engine its thread.
final class EngineThreadStarter: Sendable {
    private let channel: EngineChannel
    private let prologue: @Sendable () -> Void

    private init(_ channel: EngineChannel, _ prologue: @escaping @Sendable () -> Void) {
        self.channel = channel
        self.prologue = prologue
    }

    /// - Parameter prologue: runs on the thread before the engine does.
    static func start(_ channel: EngineChannel, prologue: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let starter = EngineThreadStarter(channel, prologue)
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<EngineThreadStarter>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(starter).toOpaque())
        precondition(status == 0, "the engine's thread can't start: errno \(status)")
    }

    private func run() {
        _ = parley_name_thread("engine")
        prologue()
        var engine = EngineThread(channel: channel)
        engine.run()
    }
}
