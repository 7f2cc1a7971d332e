import EventLoop
import PulseAudio
import Synchronization

/// What a sound server shows to a visitor.
struct SoundReport: Sendable {
    /// Nil when nobody could look.
    var status: ServerStatus?
    var devices: [AudioDevice] = []
    /// Why nobody could look.
    var failure = ""
}

/// Connects to a sound server once and looks around.
@LoopActor
final class SoundProbe {
    private let server: PulseServer
    private let deadlineNs: UInt64
    private var timer: LoopTimer?
    private let finish: @LoopActor (SoundReport) -> Void

    private init(
        address: ServerAddress, finish: @escaping @LoopActor (SoundReport) -> Void
    ) throws(PulseError) {
        server = try PulseServer(address: address)
        deadlineNs = MonotonicClock.nowNs + 3_000_000_000
        self.finish = finish
        server.start()
        look()
    }

    /// Runs the event loop on the calling thread until the server answered or refused, 3 s at most.
    nonisolated static func report(address: ServerAddress) -> SoundReport {
        let result = SharedReport()
        EventLoop.shared.post {
            do throws(PulseError) {
                result.probe = try SoundProbe(address: address) { report in
                    result.report.withLock { $0 = report }
                    EventLoop.shared.post {
                        result.probe = nil
                        EventLoop.shared.stop()
                    }
                }
            } catch {
                let reason = "\(error)"
                result.report.withLock { $0.failure = reason }
                EventLoop.shared.stop()
            }
        }
        EventLoop.shared.run()
        return result.report.withLock { $0 }
    }

    private func look() {
        let isDone =
            switch server.status.state {
            case .away, .refused: true
            case .connected: server.devices.isComplete
            case .stopped, .connecting: false
            }
        guard isDone || MonotonicClock.nowNs >= deadlineNs else {
            timer = EventLoop.shared.schedule(after: .milliseconds(10)) { [weak self] in
                self?.look()
            }
            return
        }
        finish(SoundReport(status: server.status, devices: server.devices.devices))
        server.stop()
    }
}

/// Carries the report from the loop to who asked.
private final class SharedReport: Sendable {
    let report = Mutex(SoundReport())
    @LoopActor var probe: SoundProbe?
}
