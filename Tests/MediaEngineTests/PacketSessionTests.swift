import AudioCore
import CParleyTransport
import CParleyWire
import EventLoop
import MediaEngine
import Opus
import Synchronization
import Testing

/// A session whose peer sends packets on a clock of its own.
@Suite struct PacketSessionTests {
    init() { EventLoop.startThread() }

    /// Packets of a tone, 20 ms each, numbered as RTP does.
    private func packets(_ count: Int) throws -> [FakeHost.Frame] {
        var encoder = try OpusEncoder(rateHz: 48_000)
        let sound = tone(500, rateHz: 48_000, count: count * 960)
        return (0..<count).map { number in
            var data = [UInt8](repeating: 0, count: 1_275)
            let size = sound.withUnsafeBufferPointer { sound in
                data.withUnsafeMutableBufferPointer { data in
                    guard let from = sound.baseAddress, let to = data.baseAddress else { return 0 }
                    return encoder.encode(
                        from + number * 960, count: 960, into: to, capacity: 1_275)
                }
            }
            var header = parley_wire_audio()
            header.version = UInt16(PARLEY_WIRE_VERSION)
            header.session = 1
            header.flags = UInt32(PARLEY_FRAME_PACKET)
            header.codec = UInt32(PARLEY_CODEC_OPUS)
            header.rate_hz = 48_000
            header.sample_count = 960
            header.sequence = UInt32((65_530 + number) & 0xFFFF)
            header.timestamp = UInt64(number * 960)
            header.generation = 1
            header.data_size = UInt32(size)
            return FakeHost.Frame(header: header, data: Array(data[..<size]))
        }
    }

    @LoopActor @Test func opusIsDecodedInOrderAcrossTheWrapOfItsNumbers() async throws {
        let fixture = try EngineFixture(up: .opus, down: .opus)
        defer { fixture.close() }
        var frames = try packets(50)
        frames.swapAt(10, 11)
        var heard: [Float] = []
        for frame in frames {
            fixture.host.send(frame)
            heard += fixture.listen(480) + fixture.listen(480)
        }
        let (match, _) = correlation(
            Array(heard.dropFirst(9_600)), tone(500, rateHz: 48_000, count: 24_000),
            maximumDelay: 200)
        #expect(match > 0.98, "correlation \(match)")
        #expect(fixture.session.meters.packetsLost.load(ordering: .relaxed) == 0)
    }

    @LoopActor @Test func aLostPacketIsHiddenAndCounted() async throws {
        let fixture = try EngineFixture(up: .opus, down: .opus)
        defer { fixture.close() }
        var heard: [Float] = []
        for (number, frame) in try packets(50).enumerated() {
            if number != 25 { fixture.host.send(frame) }
            for _ in 0..<2 {
                heard += fixture.listen(480)
                // Time that was filled for a packet that never came is no delay.
                #expect(
                    fixture.session.meters.insertedSamplesForDeceleration.load(ordering: .relaxed)
                        == 0, "after \(number)")
            }
        }
        let meters = fixture.session.meters
        #expect(meters.packetsLost.load(ordering: .relaxed) == 1)
        #expect(meters.jitterBufferTargetUs.load(ordering: .relaxed) == 20_000)
        #expect(meters.concealmentEvents.load(ordering: .relaxed) >= 1)
        // No hole: every 5 ms between the start and the end has sound.
        let middle = heard[9_600..<43_200]
        for start in stride(from: middle.startIndex, to: middle.endIndex - 240, by: 240) {
            #expect(middle[start..<start + 240].contains { abs($0) > 0.02 }, "silent at \(start)")
        }
    }

    @LoopActor @Test func theMicrophoneLeavesAsNumberedOpusPackets() async throws {
        let fixture = try EngineFixture(up: .opus, down: .opus)
        defer { fixture.close() }
        var decoder = try OpusDecoder(rateHz: 48_000)
        var decoded: [Float] = []
        for block in 0..<30 {
            fixture.speak(tone(440, rateHz: 48_000, count: 960, from: block * 960))
            let frame = try #require(fixture.host.receive())
            #expect(frame.header.flags & UInt32(PARLEY_FRAME_PACKET) != 0)
            #expect(frame.header.sequence == UInt32(block))
            #expect(frame.header.timestamp == UInt64(block * 960))
            var room = [Float](repeating: 0, count: 5_760)
            let count = frame.data.withUnsafeBufferPointer { data in
                room.withUnsafeMutableBufferPointer { room in
                    guard let from = data.baseAddress, let to = room.baseAddress else { return 0 }
                    return decoder.decode(from, count: data.count, into: to, capacity: 5_760)
                }
            }
            decoded += room[..<max(0, count)]
        }
        let (match, _) = correlation(
            Array(decoded.dropFirst(4_800)), tone(440, rateHz: 48_000, count: 14_400),
            maximumDelay: 120)
        #expect(match > 0.98, "correlation \(match)")
    }
}
