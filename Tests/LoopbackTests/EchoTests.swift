import FakeTransportHost
import JSON
import Testing

@testable import Loopback

@Suite struct EchoTests {
    static let formats: [(String, UInt32, UInt32)] = [
        ("pcm_s16le/24000", 1, 24000), ("pcm_s16le/48000", 1, 48000), ("pcm_s16le/16000", 1, 16000),
        ("pcm_s16le/8000", 1, 8000), ("opus", 4, 48000), ("pcmu", 2, 8000), ("pcma", 3, 8000),
    ]

    @Test(arguments: formats.indices)
    func `every format comes back as it went, at once`(index: Int) throws {
        let (name, codec, rateHz) = Self.formats[index]
        try withLoopback { host in
            host.connect(options: ["format": .string(name)])
            #expect(
                host.calls.prefix(2) == [
                    .format(direction: 0, codec: codec, rateHz: rateHz, frameMs: 20),
                    .format(direction: 1, codec: codec, rateHz: rateHz, frameMs: 20),
                ])
            #expect(host.statuses == [1, 2])
            let start = host.nowNs
            host.speak(frames: 5, codec: codec, rateHz: rateHz)
            #expect(host.numbers == [0, 1, 2, 3, 4])
            #expect(host.frames.map(\.atNs) == (0..<5).map { start + $0 * 20_000_000 })
            #expect(host.frames.allSatisfy { $0.codec == codec && $0.rateHz == rateHz })
            #expect(host.frames.allSatisfy { ($0.flags & 1 == 1) == (name == "opus") })
        }
    }

    @Test func `packets carry consecutive RTP numbers from a seeded start`() throws {
        try withLoopback { host in
            host.connect(options: ["packets": true, "seed": 5])
            host.speak(frames: 3)
            let first = host.frames[0]
            #expect(first.sequence <= 0xffff)
            #expect(host.frames.map(\.sequence) == (0..<3).map { (first.sequence + $0) & 0xffff })
            #expect(host.frames.map(\.timestamp) == (0..<3).map { first.timestamp + $0 * 480 })
            #expect(host.frames.allSatisfy { $0.flags & 1 == 1 })
        }
    }

    @Test func `a gap in the microphone is a gap in the timestamps`() throws {
        try withLoopback { host in
            host.connect(options: ["packets": true])
            host.speak(frames: 1)
            host.speak(frames: 1, from: 5)
            #expect(host.frames[1].timestamp - host.frames[0].timestamp == 5 * 480)
            #expect(host.frames[1].sequence == (host.frames[0].sequence + 1) & 0xffff)
            #expect(host.frames[1].flags & 4 == 4)
        }
    }

    @Test func `delay holds every frame for so long`() throws {
        try withLoopback { host in
            host.connect(options: ["delayMs": 50])
            let start = host.nowNs
            host.speak(frames: 10)
            host.advance(ms: 100)
            #expect(host.numbers == Array(0..<10))
            #expect(
                host.frames.map(\.atNs) == (0..<10).map { start + 50_000_000 + $0 * 20_000_000 })
            #expect(!host.hasTimers)
        }
    }

    @Test func `the same seed gives the same frames at the same times`() throws {
        var runs: [[HostFrame]] = []
        for seed in [JSONValue.integer(9), 9, 10] {
            try withLoopback { host in
                host.connect(options: [
                    "packets": true, "seed": seed, "delayMs": 30, "jitterMs": 25, "lossPercent": 10,
                    "duplicatePercent": 10, "reorderPercent": 10, "driftPpm": 300,
                ])
                host.speak(frames: 200)
                host.advance(ms: 500)
                runs.append(host.frames)
            }
        }
        #expect(runs[0] == runs[1])
        #expect(runs[0] != runs[2])
        #expect((150...230).contains(runs[0].count))
    }

    @Test(arguments: [2000, -2000])
    func `drift repeats or leaves out a frame when a whole one has come together`(ppm: Int) throws {
        try withLoopback { host in
            host.connect(options: ["driftPpm": .integer(Int64(ppm)), "packets": true])
            host.speak(frames: 1000)
            host.advance(ms: 100)
            #expect(abs(host.frames.count - (1000 + ppm / 1000)) <= 1)
            let first = host.frames[0].sequence
            #expect(
                host.frames.map(\.sequence)
                    == (0..<UInt32(host.frames.count)).map { (first + $0) & 0xffff })
        }
    }

    @Test func `a burst comes at once, as an item with an end`() throws {
        try withLoopback { host in
            host.connect(options: ["burst": 100])
            host.speak(frames: 4)
            #expect(host.frames.isEmpty)
            host.speak(frames: 6, from: 4)
            #expect(host.numbers == Array(0..<10))
            #expect(host.frames.prefix(5).allSatisfy { $0.itemID == "item_burst_1" })
            #expect(host.frames.suffix(5).allSatisfy { $0.itemID == "item_burst_2" })
            #expect(Set(host.frames.prefix(5).map(\.atNs)).count == 1)
            #expect(host.frames.map { $0.flags & 8 } == [0, 0, 0, 0, 8, 0, 0, 0, 0, 8])
            #expect(host.frames.allSatisfy { $0.flags & 1 == 0 })
        }
    }

    @Test func `a gated loopback never listens to what it plays`() throws {
        try withLoopback { host in
            host.connect(options: ["gate": true, "delayMs": 100, "gateTailMs": 40])
            host.speak(frames: 30)
            // Listens for 100 ms, plays for 100 ms, waits for 40 ms, and listens again.
            #expect(host.numbers.prefix(5) == [0, 1, 2, 3, 4])
            let second = try #require(host.numbers.dropFirst(5).first)
            #expect((11...13).contains(second))
            #expect(host.frames[5].flags & 2 == 2)
        }
    }

    @Test func `the mute barrier leaves nothing behind`() throws {
        try withLoopback { host in
            host.connect(options: ["delayMs": 100])
            host.speak(frames: 3)
            host.dropAudio()
            host.advance(ms: 500)
            #expect(host.frames.isEmpty)
        }
    }

    @Test func `silence and frames of another format are not echoed`() throws {
        try withLoopback { host in
            host.connect(options: ["mode": "silence"])
            host.speak(frames: 3)
            host.connect()
            host.speak(frames: 3, codec: 2, rateHz: 8000)
            #expect(host.frames.isEmpty)
        }
    }

    @Test(arguments: formats.indices)
    func `a tone comes in real time, whatever is said`(index: Int) throws {
        let (name, codec, rateHz) = Self.formats[index]
        try withLoopback { host in
            host.connect(options: ["mode": "tone", "format": .string(name)])
            host.advance(ms: 99)
            #expect(host.frames.count == 5)
            #expect(host.frames.allSatisfy { $0.codec == codec && $0.samples == rateHz / 50 })
            let bytes = Set(host.frames.flatMap(\.bytes))
            #expect(bytes.count > 10)
        }
    }
}
