import DeviceLines
import EventLoop
import PulseAudio
import SoundServer
import Synchronization
import Testing

typealias Flavour = PrivateSoundServer.Flavour

@Suite(.serialized) struct SoundPath {
    @Test(arguments: Flavour.allCases)
    func microphoneArrivesInTheLine(_ flavour: Flavour) async throws {
        let rig = try await Rig.start(flavour)
        let ear = await rig.microphone()
        try await eventually("the microphone runs") { ear.isRunning && !ear.thread.heard.isEmpty }
        let noise = Signal.noise(seconds: 1.5)
        let playing = try rig.sound.play(noise)
        playing.wait()
        try await eventually("all of it came") { ear.thread.heard.count > 96_000 }
        let middle = Array(noise[24_000..<60_000])
        let match = try #require(Signal.find(middle, in: ear.thread.heard))
        #expect(match.snr > 40, "\(match)")
        ear.thread.end()
    }

    @Test(arguments: Flavour.allCases)
    func speechAppearsInTheRoomWithoutGaps(_ flavour: Flavour) async throws {
        let rig = try await Rig.start(flavour)
        let mouth = await rig.speaker()
        try await eventually("the speaker runs") { mouth.isRunning }
        let recording = try rig.sound.record()
        let noise = Signal.noise(seconds: 1.5)
        mouth.thread.say(noise)
        try await eventually("all was written") {
            mouth.thread.state.withLock { $0.queue.isEmpty && $0.written.count > 100_000 }
        }
        try await eventually("all was recorded") { recording.count > 100_000 }
        let heard = recording.stop()
        let match = try #require(Signal.find(noise, in: heard))
        #expect(match.snr > 40, "\(match)")
        let status = await mouth.device.status
        #expect(status.stream.underruns == 0)
        mouth.thread.end()
    }
}
