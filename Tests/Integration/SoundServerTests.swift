import Control
import Foundation
import JSON
import SoundServer
import Testing

/// A sound server that hangs or dies, of both makes, with sessions on it and beside it.
@Suite(.serialized) struct SoundServerTests {
    @Test(arguments: PrivateSoundServer.Flavour.allCases)
    func aHungServerIsToldCountedAndForgotten(_ flavour: PrivateSoundServer.Flavour) throws {
        let sound = try PrivateSoundServer.start(flavour)
        let daemon = try DaemonUnderTest(sound: sound)
        let client = try daemon.client()
        let listener = try daemon.client()
        _ = try listener.call("events.subscribe", ["types": ["sound_server", "session_state"]])
        try daemon.startEcho("echo", client)
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "name": "line", "wait": true,
                "local": ["kind": "stream"], "options": ["mode": "tone"],
            ])
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        #expect(program.read(samples: 2_400).count == 2_400)

        sound.freeze()
        let told = try DaemonUnderTest.event("sound_server", from: listener) {
            $0["data"]?["state"] == "away" || $0["data"]?["hangs"] == 1
        }
        #expect(told["data"]?["hangs"] == 1, "\(told)")
        // Whoever needs no sound device notices nothing of it.
        let heard = program.read(samples: 24_000)
        #expect(heard.count == 24_000 && loudest(heard.suffix(12_000)) > 1_000)
        #expect(try client.call("sessions.get", ["session": "line"])["state"] == "connected")
        #expect(try client.call("gateway.status")["health"]?["ok"] == false)

        sound.thaw()
        let thawed = ContinuousClock.now
        try daemon.untilRunning("echo", client)
        let outage = ContinuousClock.now - thawed
        #expect(outage < .seconds(1), "took \(outage)")
        try daemon.expectEcho(on: sound)
        let status = try client.call("gateway.status")
        #expect(status["soundServer"]?["hangs"] == 1 && status["soundServer"]?["outages"] == 1)
        #expect(status["health"]?["ok"] == true, "\(status["health"] ?? .null)")
        // The far end never noticed.
        #expect(try client.call("sessions.get", ["session": "echo"])["state"] == "connected")
        #expect(!daemon.log.contains("reconnecting"))
    }

    @Test func pipeWireCarriesTheEchoAndMayDie() throws {
        let sound = try PrivateSoundServer.start(.pipeWire)
        let daemon = try DaemonUnderTest(sound: sound)
        let client = try daemon.client()
        try daemon.startEcho("echo", client)
        try daemon.expectEcho(on: sound)
        sound.kill9()
        try daemon.until("the outage is known") { try !daemon.isRunning("echo", client) }
        #expect(try client.call("sessions.get", ["session": "echo"])["state"] == "connected")
        try sound.start()
        try daemon.untilRunning("echo", client)
        try daemon.expectEcho(on: sound, seed: 2)
    }

    /// What is told as heard is what the loudspeaker played.
    @Test(arguments: [
        (PrivateSoundServer.Flavour.pulseAudio, 60.0), (.pipeWire, 120.0),
    ])
    func theHeardPositionIsWhatTheLoudspeakerPlayed(
        _ flavour: PrivateSoundServer.Flavour, toleranceMs: Double
    ) throws {
        let sound = try PrivateSoundServer.start(flavour)
        let daemon = try DaemonUnderTest(sound: sound)
        let client = try daemon.client()
        try daemon.startEcho("echo", client, ["packets": false])
        _ = try client.call("events.subscribe", ["types": ["audio_interrupted"]])
        let recording = try sound.record()
        _ = try client.call(
            "session.sendMessage",
            [
                "session": "echo",
                "message": "Tell me the story of the long and winding road, please, and slowly.",
            ])
        try daemon.until("a second of speech was heard") {
            let samples = recording.samples
            guard let first = samples.firstIndex(where: isLoud) else { return false }
            return samples.count - first > 48_000
        }
        _ = try client.call("session.interrupt", ["session": "echo"])
        let event = try DaemonUnderTest.event("audio_interrupted", from: client)
        let told = try #require(event["data"]?["heardMs"]?.integerValue)
        let silentFrom = recording.count
        try daemon.until("it is silent") { recording.count > silentFrom + 24_000 }
        let samples = recording.stop()
        let first = try #require(samples.firstIndex(where: isLoud))
        let last = try #require(samples.lastIndex(where: isLoud))
        let playedMs = Double(last - first + 1) / 48
        #expect(abs(Double(told) - playedMs) < toleranceMs, "told \(told) of \(playedMs) ms")
    }

    @Test func oneOfTwoSessionsOnASinkIsInterruptedAndTheOtherGoesOn() throws {
        let sound = try PrivateSoundServer.start()
        let daemon = try DaemonUnderTest(sound: sound)
        let client = try daemon.client()
        try daemon.startEcho("steady", client, ["mode": "tone", "toneHz": 400])
        try daemon.startEcho("speaker", client, ["mode": "silence", "packets": false])
        _ = try client.call("events.subscribe", ["types": ["audio_interrupted", "turn_started"]])
        let recording = try sound.record()
        _ = try client.call(
            "session.sendMessage",
            ["session": "speaker", "message": "One two three four five six seven eight nine ten."])
        _ = try DaemonUnderTest.event("turn_started", from: client)
        let begun = recording.count
        try daemon.until("half a second was said") { recording.count > begun + 24_000 }
        _ = try client.call("session.interrupt", ["session": "speaker"])
        let event = try DaemonUnderTest.event("audio_interrupted", from: client)
        let speaker = try client.call("sessions.get", ["session": "speaker"])["session"]
        #expect(event["session"] == speaker)
        let cut = recording.count
        try daemon.until("a second went by") { recording.count > cut + 60_000 }
        let samples = recording.stop()
        // Behind the cut the tone is alone, and it has no hole anywhere.
        let after = Array(samples[(cut + 12_000)..<(cut + 60_000)])
        #expect(share(ofHz: 400, in: after) > 0.95)
        let start = try #require(samples.firstIndex(where: isLoud))
        for window in stride(from: start + 4_800, to: samples.count - 480, by: 480) {
            #expect(samples[window..<(window + 480)].contains(where: isLoud), "at \(window)")
        }
        let mixed = Array(samples[begun..<cut])
        #expect(share(ofHz: 400, in: mixed) < 0.95, "both were heard before")
    }

    private func isLoud(_ sample: Float) -> Bool { abs(sample) > 0.01 }
    private func loudest(_ samples: ArraySlice<Int16>) -> Int {
        samples.reduce(0) { max($0, abs(Int($1))) }
    }

    /// How much of the energy a tone explains, 0 to 1.
    private func share(ofHz hz: Double, in samples: [Float]) -> Double {
        var real = 0.0
        var imaginary = 0.0
        var energy = 0.0
        for (index, sample) in samples.enumerated() {
            let phase = 2 * Double.pi * hz * Double(index) / 48_000
            real += Double(sample) * cos(phase)
            imaginary += Double(sample) * sin(phase)
            energy += Double(sample) * Double(sample)
        }
        return 2 * (real * real + imaginary * imaginary) / (energy * Double(samples.count))
    }
}
