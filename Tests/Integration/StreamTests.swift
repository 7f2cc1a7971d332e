import Control
import Foundation
import JSON
import Testing

/// Programs on the audio socket as a session's microphone and loudspeaker, without any sound device.
@Suite(.serialized) struct StreamTests {
    private func session(_ daemon: DaemonUnderTest, _ options: JSONObject = [:]) throws
        -> ControlClient
    {
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "name": "line", "wait": true,
                "local": ["kind": "stream", "rate": 24_000], "options": .object(options),
            ])
        return client
    }

    @Test func whatAProgramWritesComesBack() throws {
        let daemon = try DaemonUnderTest()
        _ = try session(daemon, ["packets": true])
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        #expect(program.greeting == #"{"format":"pcm_s16le","rate":24000,"channels":1}"#)
        // A second of a chirp, which is like itself at one delay only.
        let chirp = (0..<24_000).map { index -> Int16 in
            let t = Double(index) / 24_000
            return Int16(12_000 * sin(2 * .pi * (200 * t + 700 * t * t)))
        }
        let began = ContinuousClock.now
        program.write(chirp)
        let heard = program.read(samples: 23_000)
        // All of it was there at once, and is taken at the pace of sound.
        #expect(ContinuousClock.now - began > .milliseconds(700))
        let start = try #require(heard.firstIndex { abs($0) > 100 })
        var product = 0.0
        var a = 0.0
        var b = 0.0
        // The first sample above the noise is within a few of the chirp's own first.
        let own = try #require(chirp.firstIndex { abs($0) > 100 })
        for index in 0..<min(heard.count - start, chirp.count - own) {
            let (x, y) = (Double(heard[start + index]), Double(chirp[own + index]))
            product += x * y
            a += x * x
            b += y * y
        }
        #expect(product / (a * b).squareRoot() > 0.95)
    }

    @Test func onlyOneProgramWritesAndOthersListen() throws {
        let daemon = try DaemonUnderTest()
        _ = try session(daemon, ["mode": "tone"])
        let writer = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        let second = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        #expect(second.greeting.contains("limit_exceeded"))
        let listener = try AudioProgram(
            daemon, request: #"{"session":"line","direction":"capture"}"#)
        #expect(listener.greeting.contains("24000"))
        #expect(listener.read(samples: 4_800).contains { abs($0) > 1_000 })
        #expect(writer.read(samples: 4_800).contains { abs($0) > 1_000 })
        #expect(
            try AudioProgram(daemon, request: #"{"session":"nobody"}"#).greeting.contains(
                "unknown_session"))
        #expect(try AudioProgram(daemon, request: "garbage").greeting.contains("error"))
    }

    @Test func anInterruptionEndsSpeechAndTellsHowMuchWasHeard() throws {
        let daemon = try DaemonUnderTest()
        let client = try session(daemon)
        _ = try client.call("events.subscribe", ["sessions": ["line"]])
        let program = try AudioProgram(daemon, request: #"{"session":"line"}"#)
        _ = try client.call(
            "session.sendMessage",
            [
                "session": "line",
                "message": "Tell me the story of the long and winding road, please.",
            ])
        _ = try DaemonUnderTest.event("turn_started", from: client)
        // Half a second is heard, then the user has enough.
        let before = program.read(samples: 12_000)
        #expect(before.contains { abs($0) > 500 })
        _ = try client.call("session.interrupt", ["session": "line"])
        let event = try DaemonUnderTest.event("audio_interrupted", from: client)
        #expect(event["data"]?["cause"] == "client")
        let heardMs = try #require(event["data"]?["heardMs"]?.integerValue)
        let after = program.drain()
        let total = Double(before.count + after.count) / 24
        #expect(abs(Double(heardMs) - total) < 60, "told \(heardMs) ms, the program got \(total)")
    }

    @Test func aMutedProgramIsSilentToThePeer() throws {
        let daemon = try DaemonUnderTest()
        let client = try session(daemon, ["packets": true])
        let program = try AudioProgram(daemon, request: #"{"session":"line","continuous":true}"#)
        let loud = [Int16](repeating: 8_000, count: 48_000)
        program.write(loud)
        let before = program.read(samples: 12_000)
        #expect(before.contains { abs($0) > 1_000 })
        _ = try client.call("session.mute", ["session": "line", "muted": true])
        // What the peer had before, 200 ms of input that was taken ahead among it, is heard out.
        _ = program.read(samples: 18_000)
        #expect(program.read(samples: 9_600).allSatisfy { abs($0) < 200 })
    }
}
