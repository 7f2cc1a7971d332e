import Control
import Foundation
import JSON
import SoundServer
import Testing

/// Sessions on the devices of a private sound server.
extension DaemonUnderTest {
    /// The local leg that hears `room` and is heard in `speaker.monitor`.
    static let devices: JSONValue = [
        "kind": "devices", "source": "microphone", "sink": "speaker",
    ]

    /// Whether both devices of a session carry sound.
    func isRunning(_ session: String, _ client: ControlClient) throws -> Bool {
        let local = try client.call("sessions.get", ["session": .string(session)])["local"]
        return local?["source"]?["state"] == "running" && local?["sink"]?["state"] == "running"
    }

    /// Makes an echo on the devices, and waits until it carries sound.
    func startEcho(_ name: String, _ client: ControlClient, _ options: JSONObject = [:]) throws {
        var all: JSONObject = ["packets": true]
        for member in options.members { all[member.name] = member.value }
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "name": .string(name), "wait": true,
                "local": Self.devices, "options": .object(all),
            ])
        try untilRunning(name, client)
    }

    func untilRunning(_ session: String, _ client: ControlClient) throws {
        try until("both devices of \(session) run") { try isRunning(session, client) }
    }

    /// Plays noise into the room and finds it in what the loudspeaker plays.
    func expectEcho(
        on sound: PrivateSoundServer, atLeast least: Double = 0.8, seed: UInt64 = 1
    ) throws {
        let voice = Signal.lowPassed(Signal.noise(seconds: 2, level: 0.3, seed: seed))
        let recording = try sound.record()
        try sound.play(voice).wait()
        let middle = Array(voice[36_000..<60_000])
        var match: Signal.Match?
        // The player is done when it has handed over; what it played is still on its way.
        for _ in 0..<40 {
            match = Signal.find(middle, in: recording.samples)
            if let match, match.correlation > least { break }
            usleep(50_000)
        }
        _ = recording.stop()
        let correlation = try #require(match).correlation
        #expect(correlation > least, "\(log)")
    }
}

extension Signal {
    /// Moving average of 8 samples: most of the energy below 3 kHz, so that a telephone codec carries
    /// it, too.
    static func lowPassed(_ samples: [Float]) -> [Float] {
        var result = samples
        for index in 8..<samples.count {
            result[index] = samples[index - 7...index].reduce(0, +) / 4
        }
        for index in 0..<8 { result[index] = 0 }
        return result
    }
}
