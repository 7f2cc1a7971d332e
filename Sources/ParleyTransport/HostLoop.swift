import CParleyTransport
import Glibc

/// The host's own loop, for a transport without a thread of its own: descriptors, timers and jobs on
/// the main thread.
@TransportActor
public struct HostLoop {
    private let host: UnsafePointer<parley_host_t>
    private let loop: UnsafePointer<parley_loop_t>

    init(host: UnsafePointer<parley_host_t>, loop: UnsafePointer<parley_loop_t>) {
        self.host = host
        self.loop = loop
    }

    /// The extension, or nil when the host has none or an older one.
    nonisolated static func find(
        _ host: UnsafePointer<parley_host_t>
    ) -> UnsafePointer<parley_loop_t>? {
        guard let query = host.pointee.get_extension,
            let found = query(host, PARLEY_EXT_LOOP)?.assumingMemoryBound(to: parley_loop_t.self),
            Int(found.pointee.struct_size) >= MemoryLayout<parley_loop_t>.size
        else { return nil }
        return found
    }

    /// What a descriptor is ready for.
    public struct Readiness: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let read = Readiness(rawValue: 1 << 0)
        public static let write = Readiness(rawValue: 1 << 1)
        public static let error = Readiness(rawValue: 1 << 2)
    }

    /// Calls `handler` while `fd` is ready for `interest`, level-triggered, until the watch is cancelled
    /// or released. The descriptor stays the caller's: cancel before closing it.
    public func watch(
        _ fd: CInt, for interest: Readiness,
        handler: @escaping @TransportActor (Readiness) -> Void
    ) throws(TransportError) -> Watch {
        let watch = Watch(fd: fd, host: host, loop: loop, handler: handler)
        try watch.setInterest(interest)
        return watch
    }

    /// A timer that calls `handler` each time it was armed and its delay has passed.
    public func timer(_ handler: @escaping @TransportActor () -> Void) -> Timer {
        Timer(host: host, loop: loop, handler: handler)
    }

    /// A watched descriptor.
    @TransportActor
    public final class Watch {
        private let fd: CInt
        private let host: UnsafePointer<parley_host_t>
        private let loop: UnsafePointer<parley_loop_t>
        private let handler: @TransportActor (Readiness) -> Void
        private var isActive = false

        init(
            fd: CInt, host: UnsafePointer<parley_host_t>, loop: UnsafePointer<parley_loop_t>,
            handler: @escaping @TransportActor (Readiness) -> Void
        ) {
            self.fd = fd
            self.host = host
            self.loop = loop
            self.handler = handler
        }

        /// Waits for something else from now on.
        public func setInterest(_ interest: Readiness) throws(TransportError) {
            let me = Unmanaged.passUnretained(self).toOpaque()
            let result = loop.pointee.watch(
                host, fd, interest.rawValue,
                { data, _, ready in
                    guard let data else { return }
                    let watch = Unmanaged<Watch>.fromOpaque(data).takeUnretainedValue()
                    TransportActor.assumeIsolated { watch.handler(Readiness(rawValue: ready)) }
                }, me)
            guard result == CResult.ok else {
                throw TransportError(.failed, "the host can't watch descriptor \(fd): \(result)")
            }
            isActive = true
        }

        /// No call of the handler follows.
        public func cancel() {
            guard isActive else { return }
            isActive = false
            loop.pointee.unwatch(host, fd)
        }

        isolated deinit { cancel() }
    }

    /// A timer; arming it allocates nothing in the SDK. Releasing it cancels it.
    @TransportActor
    public final class Timer {
        private let host: UnsafePointer<parley_host_t>
        private let loop: UnsafePointer<parley_loop_t>
        private let handler: @TransportActor () -> Void
        private var id: UInt64 = 0

        init(
            host: UnsafePointer<parley_host_t>, loop: UnsafePointer<parley_loop_t>,
            handler: @escaping @TransportActor () -> Void
        ) {
            self.host = host
            self.loop = loop
            self.handler = handler
        }

        /// Calls the handler once, `delayNs` from now, instead of when it was armed for before. Returns
        /// false when the host has no memory left.
        @discardableResult
        public func arm(afterNs delayNs: UInt64) -> Bool {
            cancel()
            id = loop.pointee.start_timer(
                host, delayNs,
                { data in
                    guard let data else { return }
                    let timer = Unmanaged<Timer>.fromOpaque(data).takeUnretainedValue()
                    TransportActor.assumeIsolated {
                        timer.id = 0
                        timer.handler()
                    }
                }, Unmanaged.passUnretained(self).toOpaque())
            return id != 0
        }

        public func arm(after delay: Duration) {
            let (seconds, attoseconds) = delay.components
            let delayNs = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
            arm(afterNs: UInt64(max(0, delayNs)))
        }

        public var isArmed: Bool { id != 0 }

        public func cancel() {
            guard id != 0 else { return }
            loop.pointee.stop_timer(host, id)
            id = 0
        }

        isolated deinit { cancel() }
    }
}
