import DeviceLines
import EventLoop
import PulseAudio
import SoundServer
import Synchronization
import Testing

typealias Flavour = PrivateSoundServer.Flavour

extension WithServers {
    @Suite struct SoundPath {
        @Test(arguments: Flavour.allCases)
        func microphoneArrivesInTheLine(_ flavour: Flavour) async throws {
            try await undisturbed { try await capture(flavour) }
        }

        func capture(_ flavour: Flavour) async throws -> Bool? {
            let rig = try await Rig.start(flavour)
            let ear = await rig.microphone()
            try await eventually("the microphone runs") {
                ear.isRunning && !ear.thread.heard.isEmpty
            }
            let noise = Signal.noise(seconds: 1.5)
            let playing = try rig.sound.play(noise)
            playing.wait()
            try await eventually("all of it came") { ear.thread.heard.count > 96_000 }
            if await ear.isDisturbed { return nil }
            let middle = Array(noise[24_000..<60_000])
            let match = try #require(Signal.find(middle, in: ear.thread.heard))
            #expect(match.snr > 40, "\(match)")
            ear.thread.end()
            return true
        }

        @Test(arguments: Flavour.allCases)
        func speechAppearsInTheRoomWithoutGaps(_ flavour: Flavour) async throws {
            try await undisturbed { try await play(flavour) }
        }

        func play(_ flavour: Flavour) async throws -> Bool? {
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
            if await mouth.isDisturbed { return nil }
            let match = try #require(Signal.find(noise, in: heard))
            #expect(match.snr > 40, "\(match)")
            mouth.thread.end()
            return true
        }
    }
}
