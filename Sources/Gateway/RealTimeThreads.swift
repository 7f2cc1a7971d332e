import DeviceLines
import EventLoop
import Glibc
import RealTime
import TransportHosting

/// The threads that move sound, and whether they run in real time: by right, or else by rtkit.
@LoopActor
final class RealTimeThreads {
    /// Whether all of them do.
    private(set) var isRealTime = false
    /// How many have not told yet.
    private var awaited: Int
    private var missing: [pid_t] = []
    /// Rung when rtkit's gift is lost.
    private let bell = Doorbell()
    private var watch: Watch?
    private let log: @LoopActor (TransportLogLevel, String) -> Void

    /// - Parameter count: how many there are; each calls ``claim()`` once.
    init(count: Int, log: @escaping @LoopActor (TransportLogLevel, String) -> Void) {
        awaited = count
        self.log = log
    }

    /// Claims priority for the calling thread. [any thread]
    nonisolated func claim() {
        let claim = ThreadClaim.make()
        EventLoop.shared.post { self.take(claim) }
    }

    private func take(_ claim: ThreadClaim) {
        if !claim.isGranted { missing.append(claim.thread) }
        awaited -= 1
        guard awaited == 0 else { return }
        guard !missing.isEmpty else { return isRealTime = true }
        watch = EventLoop.shared.watch(bell.fd, for: .read) { [weak self] _ in self?.lose() }
        RealTimeKit.grant(missing, bell: bell.fd) { refusal in
            EventLoop.shared.post { self.take(refusal) }
        }
    }

    private func take(_ refusal: RealTimeKitError?) {
        isRealTime = refusal == nil
        guard let refusal else { return log(.info, "sound moves in real time, by rtkit") }
        log(
            .warning,
            "sound moves without real-time priority, and may break up on a busy machine: "
                + "LimitRTPRIO= gives no right to it, and \(refusal)")
    }

    private func lose() {
        bell.silence()
        isRealTime = false
        log(
            .warning,
            "sound moves without real-time priority from now on: it took a processor for too long, "
                + "which is more than this machine can do, or a fault")
    }
}
