import FakeTransportHost
import JSON
import ParleyTransport
import Testing

@testable import Loopback

/// Runs `body` with a loopback whose clock is the fake host's.
func withLoopback(_ body: (FakeTransportHost) throws -> Void) throws {
    try FakeTransportHost.with(LoopbackTransport.self) { host in
        TransportActor.assumeIsolated { LoopbackClock.read = { host.nowNs } }
        defer { TransportActor.assumeIsolated { LoopbackClock.read = LoopbackClock.monotonic } }
        try body(host)
    }
}

extension FakeTransportHost {
    /// A second of microphone in frames of 20 ms: each is filled with its number, at its time.
    func speak(frames: Int, codec: UInt32 = 1, rateHz: UInt32 = 24000, from first: Int = 0) {
        let samples = Int(rateHz) / 50
        for index in first..<(first + frames) {
            let size = codec == 1 ? samples * 2 : codec == 4 ? 40 : samples
            sendAudio(
                [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: size), codec: codec,
                rateHz: rateHz, samples: samples, sequence: UInt32(index),
                timestamp: UInt64(index * samples))
            advance(ms: 20)
        }
    }

    /// First bytes of the frames that came back: the numbers of what was said.
    var numbers: [Int] { frames.map { Int($0.bytes.first ?? 255) } }
}
