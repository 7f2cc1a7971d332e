import Glibc
import ParleyTransport

/// The time that the loopback lives by: CLOCK_MONOTONIC, as the host's timers do. Tests put their own in
/// its place.
@TransportActor
enum LoopbackClock {
    static var read: () -> UInt64 = monotonic

    nonisolated static func monotonic() -> UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
