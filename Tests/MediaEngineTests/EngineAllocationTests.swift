import AudioCore
import CAllocationCounter
import CParleyWire
import DeviceLines
import EventLoop
import Glibc
import Opus
import Synchronization
import Testing

@testable import MediaEngine

/// The engine on the test's own thread and time, so that its calls of malloc can be counted: frames go
/// from the local leg to the host and from there straight back to the local leg.
@Suite struct EngineAllocationTests {
    private static let frames = 10_000

    /// Calls of malloc in `frames` rounds, after 500 rounds to warm up.
    private func calls(_ round: () -> Void) -> UInt64 {
        for _ in 0..<500 { round() }
        let before = parley_allocation_calls()
        for _ in 0..<Self.frames { round() }
        return parley_allocation_calls() - before
    }

    @Test(arguments: [AudioFormat.pcm24k, .opus])
    func aSessionOnDevicesNeverAllocates(format: AudioFormat) throws {
        let line = EngineOnThisThread(host: FakeHost())
        let capture = CaptureLine()
        let playback = PlaybackLine()
        try line.addSession(format: format, rateHz: 48_000, isStream: false)
        line.bind(capture, playback)
        let sound = UnsafeMutablePointer<Float>.allocate(capacity: 960)
        for index in 0..<960 { sound[index] = Float(index % 96) / 200 }
        var played = 0
        let count = calls {
            _ = capture.ring.write(sound, count: 960)
            line.engine.pointee.serveCapture(EngineOnThisThread.capture)
            line.host.returnFrame()
            playback.wantedSamples.add(960, ordering: .releasing)
            line.engine.pointee.servePlayback(EngineOnThisThread.playback)
            played += playback.ring.discard(playback.ring.available)
        }
        #expect(count == 0)
        #expect(played == (Self.frames + 500) * 960)
        #expect(line.meters.framesReceived.load(ordering: .relaxed) > Self.frames)
        #expect(line.meters.framesRefused.load(ordering: .relaxed) == 0)
        sound.deallocate()
    }

    @Test(arguments: [AudioFormat.pcm24k, .opus])
    func aSessionOfAProgramNeverAllocates(format: AudioFormat) throws {
        let line = EngineOnThisThread(host: FakeHost())
        let program = StreamProgram()
        try line.addSession(format: format, rateHz: 24_000, isStream: true)
        line.attach(program)
        let sound = UnsafeMutablePointer<Int16>.allocate(capacity: 1_920)
        for index in 0..<480 { sound[index] = Int16(index % 48 * 200) }
        let room = sound + 480
        var nowNs: UInt64 = 1_000_000_000
        var heard = 0
        let count = calls {
            program.write(sound, count: 480)
            for _ in 0..<4 {
                nowNs += 5_000_000
                line.engine.pointee.tick(nowNs: nowNs)
            }
            line.host.returnFrame()
            heard += program.readWhatIsThere(into: room, capacity: 1_440)
        }
        #expect(count == 0)
        #expect(heard > Self.frames * 470, "the frames came back as sound")
        sound.deallocate()
    }
}
