import AudioCore
import CLinux
import DeviceLines
import EventLoop
import Glibc
import Synchronization

/// Stands in for the engine: a thread that serves one line by its doorbell.
final class EngineThread: Sendable {
    struct State {
        var capture: CaptureLine?
        var playback: PlaybackLine?
        /// What was captured, and when its end left the microphone.
        var heard: [Float] = []
        var newestNs: UInt64 = 0
        var arrivedNs: UInt64 = 0
        /// What is still to be played, and everything ever written on this line.
        var queue: [Float] = []
        var written: [Float] = []
        /// Position of the queue's first sample on the line.
        var queueStart: Int?
        var isAnswering = true
        /// A speaker whose clock is to be compared with what is captured.
        var probe: PlaybackLine?
        var probes: [Probe] = []
        /// Samples after the heard position from which all is to be silenced; done once.
        var cutAfter: Int?
        var cut: Cut?
        var isOver = false
    }

    /// At one moment: how much was captured and when its end was sound, and the speaker's clock.
    struct Probe {
        let captured: Int
        let newestNs: UInt64
        let nowNs: UInt64
        let clock: Int64
    }

    struct Cut {
        let heard: Int64
        let from: Int64
        let end: Int64
    }

    let state = Mutex(State())
    private let wake = Doorbell()

    init() {
        let me = Unmanaged.passRetained(self)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<EngineThread>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, me.toOpaque())
        pthread_detach(thread)
    }

    func capture(_ line: CaptureLine?) {
        state.withLock { $0.capture = line }
        wake.ring()
    }

    func play(_ line: PlaybackLine?) {
        state.withLock {
            $0.playback = line
            $0.written = []
            $0.queueStart = nil
        }
        wake.ring()
    }

    func say(_ samples: [Float]) {
        state.withLock {
            $0.queue = samples
            $0.queueStart = nil
        }
    }

    func end() {
        state.withLock { $0.isOver = true }
        wake.ring()
    }

    var heard: [Float] { state.withLock { $0.heard } }
    func forget() { state.withLock { $0.heard = [] } }

    private func run() {
        while true {
            let (capture, playback, isOver) = state.withLock {
                ($0.capture, $0.playback, $0.isOver)
            }
            if isOver { return }
            var fds = [pollfd(fd: wake.fd, events: Int16(POLLIN), revents: 0)]
            if let capture {
                fds.append(pollfd(fd: capture.engineDoorbell.fd, events: Int16(POLLIN), revents: 0))
            }
            if let playback {
                fds.append(
                    pollfd(fd: playback.engineDoorbell.fd, events: Int16(POLLIN), revents: 0))
            }
            poll(&fds, nfds_t(fds.count), 1000)
            wake.silence()
            if let capture { take(capture) }
            if let playback { give(playback) }
        }
    }

    private func take(_ line: CaptureLine) {
        line.engineDoorbell.silence()
        var buffer = [Float](repeating: 0, count: 4096)
        // In this order: what is newest by now was so before now.
        let newestNs = line.newestSampleNs.load(ordering: .acquiring)
        let nowNs = MonotonicClock.nowNs
        while case let count = line.ring.read(into: &buffer, count: buffer.count), count > 0 {
            state.withLock {
                $0.heard += buffer[..<count]
                $0.newestNs = newestNs
                $0.arrivedNs = nowNs
                guard let probe = $0.probe else { return }
                $0.probes.append(
                    Probe(
                        captured: $0.heard.count, newestNs: newestNs, nowNs: nowNs,
                        clock: probe.clock.heardSamples(nowNs: nowNs)))
            }
        }
    }

    /// Silences everything from a moment on: queue and device.
    private func cut(_ line: PlaybackLine) {
        guard let after = state.withLock({ $0.cutAfter }) else { return }
        let heard = line.clock.heardSamples(nowNs: MonotonicClock.nowNs)
        let end = Int64(line.ring.writtenCount)
        let from = min(heard + Int64(after), end)
        let silence = [Float](repeating: 0, count: Int(end - from))
        _ = line.patch.write(silence, count: silence.count)
        line.patchPosition.store(from, ordering: .releasing)
        line.pulseDoorbell.ring()
        state.withLock {
            $0.cutAfter = nil
            $0.queue = []
            $0.cut = Cut(heard: heard, from: from, end: end)
        }
    }

    func silence(after samples: Int) {
        state.withLock { $0.cutAfter = samples }
        wake.ring()
    }

    private func give(_ line: PlaybackLine) {
        line.engineDoorbell.silence()
        let isAnswering = state.withLock { $0.isAnswering }
        cut(line)
        guard isAnswering, line.patchPosition.load(ordering: .acquiring) < 0 else { return }
        let wanted = line.wantedSamples.exchange(0, ordering: .acquiringAndReleasing)
        guard wanted > 0 else { return }
        let block = state.withLock { state in
            if !state.queue.isEmpty, state.queueStart == nil {
                state.queueStart = state.written.count
            }
            var block = Array(state.queue.prefix(wanted))
            state.queue.removeFirst(block.count)
            block += [Float](repeating: 0, count: wanted - block.count)
            state.written += block
            return block
        }
        _ = line.ring.write(block, count: block.count)
        line.pulseDoorbell.ring()
    }
}
