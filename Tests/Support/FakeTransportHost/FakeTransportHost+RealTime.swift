import CParleyTransport
import Glibc
import ParleyTransport

extension FakeTransportHost {
    /// Runs the loop on real descriptors and in real time until `isDone`, for code whose peers are other
    /// processes or libraries with clocks of their own.
    ///
    /// - Returns: whether it was done within the limit.
    public func run(limitMs: Int = 10_000, until isDone: () -> Bool) -> Bool {
        let startNs = Self.monotonicNs
        let offset = nowNs
        let endNs = startNs + UInt64(limitMs) * 1_000_000
        while true {
            nowNs = offset + (Self.monotonicNs - startNs)
            runPosts()
            while let timer = loop.removeTimer(dueBy: nowNs) {
                timer.callback(timer.data)
                runPosts()
            }
            if isDone() { return true }
            let now = Self.monotonicNs
            guard now < endNs else { return false }
            let due = loop.timers.map(\.dueNs).min().map { $0 > nowNs ? $0 - nowNs : 0 } ?? .max
            poll(forNs: min(due, endNs - now))
        }
    }

    private func poll(forNs waitNs: UInt64) {
        var polled = loop.watches.map { fd, watch in
            var events: Int16 = 0
            if watch.interest & UInt32(PARLEY_LOOP_READ) != 0 { events |= Int16(POLLIN) }
            if watch.interest & UInt32(PARLEY_LOOP_WRITE) != 0 { events |= Int16(POLLOUT) }
            return pollfd(fd: fd, events: events, revents: 0)
        }
        let waitMs = CInt(clamping: (waitNs + 999_999) / 1_000_000)
        guard Glibc.poll(&polled, nfds_t(polled.count), waitMs) > 0 else { return }
        for entry in polled where entry.revents != 0 {
            // An earlier one may have ended this watch.
            guard let watch = loop.watches[entry.fd] else { continue }
            var ready: UInt32 = 0
            if entry.revents & Int16(POLLIN) != 0 { ready |= UInt32(PARLEY_LOOP_READ) }
            if entry.revents & Int16(POLLOUT) != 0 { ready |= UInt32(PARLEY_LOOP_WRITE) }
            if entry.revents & Int16(POLLERR | POLLHUP) != 0 { ready |= UInt32(PARLEY_LOOP_ERROR) }
            watch.callback(watch.data, entry.fd, ready)
        }
    }

    static var monotonicNs: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }

    /// Runs `body` with a host's loop, for code below the level of transports.
    public static func withLoop(
        _ body: @TransportActor (FakeTransportHost, HostLoop) throws -> Void
    ) throws {
        try with(Idle.self) { host in
            try TransportActor.assumeIsolated {
                guard let loop = Idle.host?.loop else { throw NoEntry() }
                defer { Idle.host = nil }
                try body(host, loop)
            }
        }
    }

    /// A transport that does nothing.
    private final class Idle: TransportLayer {
        static var host: TransportHost?
        let host: TransportHost
        let status = TransportStatus.disconnected
        let muted: Bool? = nil

        nonisolated static var descriptor: TransportDescriptor {
            TransportDescriptor(
                id: "idle", name: "Idle", version: "1", capabilities: [],
                formatsIn: [.pcm24000], formatsOut: [.pcm24000])
        }

        init(host: TransportHost) {
            self.host = host
            Self.host = host
        }

        func connect(_ request: ConnectRequest) {}
        func close() {}
        func sendAudio(_ frame: borrowing AudioFrame) {}
    }
}
