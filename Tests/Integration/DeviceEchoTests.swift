import Control
import Foundation
import JSON
import SoundServer
import Testing

/// The whole way: microphone, daemon, plugin in its own process, daemon, loudspeaker.
@Suite(.serialized) struct DeviceEchoTests {
    /// Opus at 32 kbit/s keeps the sound of noise, but not its every wave.
    @Test(arguments: [
        ("pcm_s16le/24000", 0.9), ("pcm_s16le/48000", 0.9), ("opus", 0.6), ("pcmu", 0.9),
    ])
    func whatTheMicrophoneHearsComesOutOfTheLoudspeaker(
        _ format: String, leastCorrelation: Double
    ) throws {
        let sound = try PrivateSoundServer.start()
        try sound.pactl("set-default-sink", "speaker")
        try sound.pactl("set-default-source", "microphone")
        let daemon = try DaemonUnderTest(sound: sound)
        let client = try daemon.client()
        let created = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "name": "echo", "wait": true,
                "options": ["format": .string(format), "packets": true],
            ])
        #expect(created["state"] == "connected")
        try daemon.until("both devices run") {
            let session = try client.call("sessions.get", ["session": "echo"])
            return session["local"]?["source"]?["state"] == "running"
                && session["local"]?["sink"]?["state"] == "running"
                && session["statistics"]?["framesReceived"]?.integerValue ?? 0 > 5
        }
        let voice = Signal.lowPassed(Signal.noise(seconds: 3, level: 0.3))
        let recording = try sound.record()
        let playing = try sound.play(voice)
        playing.wait()
        let heard = recording.stop()
        let match = try #require(Signal.find(Array(voice[48_000..<96_000]), in: heard))
        #expect(match.correlation > leastCorrelation, "\(match); \(daemon.log)")
        #expect(daemon.end() == 0)
    }
}
