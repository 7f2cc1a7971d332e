import CPulse
import DeviceLines
import Synchronization

/// The pulse thread: libpulse's threaded main loop. Everything of libpulse is called with its lock
/// held, and ``withLock(_:)`` is the only way to hold it; callbacks hold it already. With nothing
/// to do the thread sleeps without end.
///
/// Callbacks never wait for the control thread (they post to it), so a caller of ``withLock(_:)``
/// waits no longer than one callback takes.
final class PulseMainLoop: Sendable {
    private nonisolated(unsafe) let loop: OpaquePointer
    /// The loop's own functions, for watching descriptors. Use under the lock.
    nonisolated(unsafe) let api: UnsafeMutablePointer<pa_mainloop_api>

    /// Rung by ``prod()``; the pulse thread answers by counting.
    private let prodding = Doorbell()
    private let answers = Atomic<UInt64>(0)

    /// - Throws: ``PulseError`` when the thread can't be started.
    init() throws(PulseError) {
        guard let loop = pa_threaded_mainloop_new(), let api = pa_threaded_mainloop_get_api(loop)
        else { throw PulseError(code: pulseInternalError, doing: "making the pulse thread") }
        pa_threaded_mainloop_set_name(loop, "pulse")
        self.loop = loop
        self.api = api
        // The loop keeps the event until it is freed, which is before this object is gone.
        _ = api.pointee.io_new(
            api, prodding.fd, PA_IO_EVENT_INPUT,
            { _, _, _, _, userdata in
                guard let userdata else { return }
                Unmanaged<PulseMainLoop>.fromOpaque(userdata).takeUnretainedValue().answer()
            }, Unmanaged.passUnretained(self).toOpaque())
        guard pa_threaded_mainloop_start(loop) == 0 else {
            throw PulseError(code: pulseInternalError, doing: "starting the pulse thread")
        }
    }

    /// How often the pulse thread has answered ``prod()``. [thread-safe]
    var turns: UInt64 { answers.load(ordering: .relaxed) }

    /// Wakes the pulse thread, so that ``turns`` grows if it lives. [thread-safe]
    func prod() { prodding.ring() }

    /// [pulse thread]
    private func answer() {
        prodding.silence()
        answers.add(1, ordering: .relaxed)
    }

    /// Runs `body` on the pulse thread, which holds its lock meanwhile. [thread-safe]
    func run(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Box(body))
        withLock {
            pa_mainloop_api_once(
                api,
                { _, box in
                    guard let box else { return }
                    Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body()
                }, box.toOpaque())
        }
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    deinit {
        pa_threaded_mainloop_stop(loop)
        pa_threaded_mainloop_free(loop)
    }

    /// Runs `body` while the pulse thread stands still. Not from the pulse thread.
    func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
        pa_threaded_mainloop_lock(loop)
        defer { pa_threaded_mainloop_unlock(loop) }
        return try body()
    }
}
