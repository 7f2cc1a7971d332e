import AudioCore
import CParleyTransport
import DeviceLines
import EventLoop
import Glibc
import MediaEngine
import Opus
import Synchronization

/// An engine with one device session whose devices the test plays: it writes the microphone's samples
/// and takes the loudspeaker's.
@LoopActor
final class EngineFixture: MediaSessionDelegate {
    let engine = MediaEngine()
    let host = FakeHost()
    let capture = CaptureLine()
    let playback = PlaybackLine()
    let session: MediaSession
    private(set) var reports: [PlaybackFeedback] = []
    private var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    private let captureNumber: UInt32
    private let playbackNumber: UInt32
    private let link: UInt32

    init(up: AudioFormat = .pcm24k, down: AudioFormat = .pcm24k) throws {
        engine.start()
        captureNumber = engine.addCapture()
        playbackNumber = engine.addPlayback()
        link = engine.addLink(socket: host.daemonEnd)
        session = engine.addSession(localRateHz: 48_000, isStream: false, delegate: proxy)
        proxy.target = self
        try session.setUplink(format: up, frameMs: 20, opus: OpusEncoder.Settings())
        try session.setDownlink(format: down, settings: DownlinkSettings())
        session.attachPeer(link: link, wireNumber: 1)
        engine.setCaptureLine(capture, of: captureNumber)
        engine.setPlaybackLine(playback, of: playbackNumber)
        session.bind(capture: captureNumber, playback: playbackNumber)
    }

    private let proxy = DelegateProxy()

    func close() {
        session.remove()
        engine.setCaptureLine(nil, of: captureNumber)
        engine.setPlaybackLine(nil, of: playbackNumber)
        engine.stop()
    }

    /// The microphone hears these samples.
    func speak(_ samples: [Float]) {
        samples.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            _ = capture.ring.write(base, count: buffer.count)
        }
        capture.newestSampleNs.store(MonotonicClock.nowNs, ordering: .relaxed)
        capture.engineDoorbell.ring()
    }

    /// The loudspeaker asks for `count` samples and takes them; its clock has heard all but `behind`.
    nonisolated func listen(_ count: Int, behind: Int = 0) -> [Float] {
        playback.wantedSamples.add(count, ordering: .releasing)
        playback.engineDoorbell.ring()
        var samples = [Float](repeating: 0, count: count)
        var got = 0
        while got < count {
            var descriptor = pollfd(
                fd: playback.pulseDoorbell.fd, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 5_000) > 0 else { break }
            playback.pulseDoorbell.silence()
            got += samples.withUnsafeMutableBufferPointer { buffer in
                buffer.baseAddress.map { playback.ring.read(into: $0 + got, count: count - got) }
                    ?? 0
            }
        }
        let written = Int64(playback.ring.consumedCount)
        playback.clock.report(
            heardSamples: written - Int64(behind), writtenSamples: written,
            nowNs: MonotonicClock.nowNs, running: false)
        return samples
    }

    /// Waits until `count` reports have come in all.
    func reports(_ count: Int) async -> [PlaybackFeedback] {
        if reports.count < count {
            await withCheckedContinuation { waiters.append((count, $0)) }
        }
        return reports
    }

    func played(_ report: PlaybackFeedback) {
        reports.append(report)
        let due = waiters.filter { $0.count <= reports.count }
        waiters.removeAll { $0.count <= reports.count }
        for waiter in due { waiter.continuation.resume() }
    }

    func audioClientEndedInput(_ client: UInt32) {}
    func audioClientLeft(_ client: UInt32) {}
    func clipSent(_ number: UInt32) {}
}

/// Lets the fixture hand itself to the engine before it is complete.
@LoopActor
private final class DelegateProxy: MediaSessionDelegate {
    weak var target: EngineFixture?

    func played(_ report: PlaybackFeedback) { target?.played(report) }
    func audioClientEndedInput(_ client: UInt32) {}
    func audioClientLeft(_ client: UInt32) {}
    func clipSent(_ number: UInt32) {}
}

/// A sine at half amplitude.
func tone(_ frequencyHz: Double, rateHz: Double, count: Int, from start: Int = 0) -> [Float] {
    (0..<count).map { Float(0.5 * sin(2 * .pi * frequencyHz * Double(start + $0) / rateHz)) }
}

/// The largest normalised correlation of `signal` with `reference` at any delay, and that delay.
func correlation(_ signal: [Float], _ reference: [Float], maximumDelay: Int) -> (Float, Int) {
    var best: (Float, Int) = (0, 0)
    for delay in 0...maximumDelay {
        let count = min(signal.count - delay, reference.count)
        guard count > 0 else { break }
        var product: Float = 0
        var powerA: Float = 1e-9
        var powerB: Float = 1e-9
        for index in 0..<count {
            product += signal[delay + index] * reference[index]
            powerA += signal[delay + index] * signal[delay + index]
            powerB += reference[index] * reference[index]
        }
        let value = product / (powerA * powerB).squareRoot()
        if value > best.0 { best = (value, delay) }
    }
    return best
}
