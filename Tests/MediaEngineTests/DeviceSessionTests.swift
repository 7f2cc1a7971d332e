import AudioCore
import CParleyTransport
import CParleyWire
import DeviceLines
import EventLoop
import MediaEngine
import Synchronization
import Testing

/// A session on devices, seen from both ends.
@Suite struct DeviceSessionTests {
    init() { EventLoop.startThread() }

    @LoopActor @Test func theMicrophoneReachesThePluginAtItsRate() async throws {
        let fixture = try EngineFixture()
        defer { fixture.close() }
        var sent: [Int16] = []
        for block in 0..<25 {
            fixture.speak(tone(440, rateHz: 48_000, count: 960, from: block * 960))
            let frame = try #require(fixture.host.receive())
            #expect(frame.header.sample_count == 480)
            #expect(frame.header.sequence == UInt32(block))
            #expect(frame.header.timestamp == UInt64(block * 480))
            sent += frame.data.samples
        }
        let reference = tone(440, rateHz: 24_000, count: 9_600)
        let (match, delay) = correlation(
            sent.map { Float($0) / 32_768 }, reference, maximumDelay: 60)
        #expect(match > 0.999)
        #expect(delay <= 24, "the resampler delays by \(delay) samples")
    }

    @LoopActor @Test func speechReachesTheLoudspeakerWholeAndIsReported() async throws {
        let fixture = try EngineFixture()
        defer { fixture.close() }
        let speech = tone(300, rateHz: 24_000, count: 24_000).map { Int16($0 * 32_767) }
        // A second of speech comes at once, in frames of 100 ms.
        for start in stride(from: 0, to: 24_000, by: 2_400) {
            fixture.host.say(
                Array(speech[start..<start + 2_400]), item: "item_1", ends: start == 21_600)
        }
        var heard: [Float] = []
        for _ in 0..<110 { heard += fixture.listen(480) }
        let (match, delay) = correlation(
            heard, tone(300, rateHz: 48_000, count: 47_000), maximumDelay: 300)
        #expect(match > 0.999)
        #expect(delay < 200)
        #expect(heard.suffix(480).allSatisfy { abs($0) < 1e-4 }, "silence follows")
        let reports = await fixture.reports(2)
        #expect(
            reports.map(\.kind) == [
                UInt32(PARLEY_PLAYBACK_STARTED), UInt32(PARLEY_PLAYBACK_FINISHED),
            ])
        #expect(reports.map(\.itemID) == ["item_1", "item_1"])
        #expect(reports[1].heardSamples == 24_000)
    }

    @LoopActor @Test func anInterruptionCutsWithAFadeAndCountsWhatWasHeard() async throws {
        let fixture = try EngineFixture()
        defer { fixture.close() }
        let speech = tone(300, rateHz: 24_000, count: 24_000).map { Int16($0 * 32_767) }
        fixture.host.say(speech, item: "item_1", ends: true)
        // 300 ms go to the device, of which it has played all but 40 ms.
        for _ in 0..<30 { _ = fixture.listen(480, behind: 1_920) }
        _ = await fixture.reports(1)
        fixture.session.interrupt(cause: UInt32(PARLEY_CAUSE_CLIENT))
        let reports = await fixture.reports(3)
        #expect(reports[1].kind == UInt32(PARLEY_PLAYBACK_FLUSHED))
        #expect(reports[1].receivedSamples == 24_000)
        // Heard 260 ms, plus the guard of 2 ms and half of the fade.
        let heardMs = Double(reports[1].heardSamples) / 24
        #expect(abs(heardMs - 267) < 3, "heard \(heardMs) ms")
        #expect(reports[2].kind == UInt32(PARLEY_PLAYBACK_FLUSH_END))
        #expect(reports[2].generation == 2)
        // The patch begins behind what was heard and is silent 10 ms later.
        #expect(fixture.playback.patchPosition.load(ordering: .acquiring) == 260 * 48 + 96)
        var patch = [Float](repeating: 1, count: 1_824)
        let count = patch.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { fixture.playback.patch.read(into: $0, count: 1_824) } ?? 0
        }
        #expect(count == 1_824)
        #expect(patch[480...].allSatisfy { abs($0) < 1e-5 })
        #expect(patch[..<240].contains { abs($0) > 0.1 })
        // Frames that were sent before the plugin knew are dropped; new ones are played.
        fixture.host.say(speech, item: "item_1", generation: 1)
        #expect(fixture.listen(960).allSatisfy { abs($0) < 1e-4 })
        fixture.host.say(speech, item: "item_2", generation: 2)
        #expect(fixture.listen(960).contains { abs($0) > 0.1 })
    }

    @LoopActor @Test func aMuteIsABarrierBehindTheLastSoundOfTheMicrophone() async throws {
        let fixture = try EngineFixture()
        defer { fixture.close() }
        fixture.speak(tone(440, rateHz: 48_000, count: 960 + 500))
        _ = try #require(fixture.host.receive())
        fixture.session.muteInput(true, barrier: 7)
        let barrier = try #require(fixture.host.receive())
        #expect(barrier.header.flags == UInt32(PARLEY_WIRE_FRAME_BARRIER))
        #expect(barrier.header.sequence == 7)
        // Half a frame was held: none of it may follow, nor anything spoken now.
        fixture.speak(tone(440, rateHz: 48_000, count: 1_920))
        for _ in 0..<2 {
            let frame = try #require(fixture.host.receive())
            #expect(frame.data.samples.allSatisfy { $0 == 0 })
        }
    }

    @LoopActor @Test func framesOfAHostThatBreakTheRulesAreCountedAndDropped() async throws {
        let fixture = try EngineFixture()
        defer { fixture.close() }
        fixture.host.say([1_000, 1_000], rateHz: 16_000)
        var header = parley_wire_audio()
        header.version = UInt16(PARLEY_WIRE_VERSION)
        header.session = 99
        header.generation = 1
        fixture.host.send(.init(header: header, data: []))
        let heard = fixture.listen(480)
        #expect(heard.allSatisfy { $0 == 0 })
        #expect(fixture.session.meters.framesRefused.load(ordering: .relaxed) == 1)
        fixture.host.say([Int16](repeating: 8_000, count: 480))
        #expect(fixture.listen(480).contains { $0 > 0.1 }, "the session goes on")
    }
}
