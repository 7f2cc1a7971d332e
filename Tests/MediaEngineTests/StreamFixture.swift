import AudioCore
import CLinux
import EventLoop
import Glibc
import MediaEngine
import Opus

/// An engine with one stream session at 24 kHz, whose programs and host are the test's.
@LoopActor
final class StreamFixture: MediaSessionDelegate {
    let engine = MediaEngine()
    let host = FakeHost()
    private(set) var reports: [PlaybackFeedback] = []
    private(set) var endedInputs: [UInt32] = []
    private(set) var gone: [UInt32] = []
    private var waiters: [(isDue: () -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    private var made: MediaSession?

    init(format: AudioFormat = .pcm24k) throws {
        engine.start()
        let link = engine.addLink(socket: host.daemonEnd)
        let session = engine.addSession(localRateHz: 24_000, isStream: true, delegate: self)
        made = session
        try session.setUplink(format: format, frameMs: 20, opus: OpusEncoder.Settings())
        try session.setDownlink(format: format, settings: DownlinkSettings())
        session.attachPeer(link: link, wireNumber: 1)
    }

    var session: MediaSession {
        guard let made else { preconditionFailure("init makes it") }
        return made
    }

    func close() {
        session.remove()
        engine.stop()
    }

    func join(writes: Bool = true, continuous: Bool = false) -> StreamProgram {
        let program = StreamProgram()
        program.number = session.attachClient(
            socket: program.daemonEnd, writes: writes, continuous: continuous)
        return program
    }

    func reports(_ count: Int) async -> [PlaybackFeedback] {
        await wait { self.reports.count >= count }
        return reports
    }

    func wait(until isDue: @escaping () -> Bool) async {
        if !isDue() { await withCheckedContinuation { waiters.append((isDue, $0)) } }
    }

    /// For what the engine only counts: looks again and again.
    func wait(eachMs: Int, until isDue: @escaping () -> Bool) async {
        while !isDue() { try? await Task.sleep(for: .milliseconds(eachMs)) }
    }

    private func wake() {
        let due = waiters.filter { $0.isDue() }
        waiters.removeAll { $0.isDue() }
        for waiter in due { waiter.continuation.resume() }
    }

    func played(_ report: PlaybackFeedback) {
        reports.append(report)
        wake()
    }

    func audioClientEndedInput(_ client: UInt32) {
        endedInputs.append(client)
        wake()
    }

    func audioClientLeft(_ client: UInt32) {
        gone.append(client)
        wake()
    }

    func clipSent(_ number: UInt32) {}
}

/// A program on the audio socket.
final class StreamProgram {
    let daemonEnd: FileDescriptor
    private let end: FileDescriptor
    var number: UInt32 = 0

    init() {
        var ends: [CInt] = [-1, -1]
        socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends)
        daemonEnd = FileDescriptor(owning: ends[0])
        end = FileDescriptor(owning: ends[1])
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(
            end.raw, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    func write(_ samples: [Int16]) {
        send(end.raw, samples, samples.count * 2, CInt(MSG_NOSIGNAL))
    }

    func write(_ samples: UnsafePointer<Int16>, count: Int) {
        send(end.raw, samples, count * 2, CInt(MSG_NOSIGNAL))
    }

    /// Samples that were there.
    func readWhatIsThere(into samples: UnsafeMutablePointer<Int16>, capacity: Int) -> Int {
        max(0, recv(end.raw, samples, capacity * 2, CInt(MSG_DONTWAIT))) / 2
    }

    /// Waits for exactly `count` samples, fewer at the end of the stream.
    func read(_ count: Int) -> [Int16] {
        var samples = [Int16](repeating: 0, count: count)
        let size = recv(end.raw, &samples, count * 2, CInt(MSG_WAITALL))
        return Array(samples.prefix(max(0, size) / 2))
    }

    var hasSound: Bool {
        var byte: UInt8 = 0
        return recv(end.raw, &byte, 1, CInt(MSG_DONTWAIT) | CInt(MSG_PEEK)) > 0
    }

    func endInput() { shutdown(end.raw, CInt(SHUT_WR)) }
}
