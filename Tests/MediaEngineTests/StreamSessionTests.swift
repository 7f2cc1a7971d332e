import AudioCore
import CParleyTransport
import CParleyWire
import EventLoop
import Glibc
import MediaEngine
import Synchronization
import Testing

/// A session on the audio socket, seen from both ends.
@Suite struct StreamSessionTests {
    init() { EventLoop.startThread() }

    private func speech(_ count: Int) -> [Int16] {
        tone(300, rateHz: 24_000, count: count).map { Int16($0 * 32_767) }
    }

    @LoopActor @Test func inputFasterThanTimeIsHeldToThePaceAndWhole() async throws {
        let fixture = try StreamFixture()
        defer { fixture.close() }
        let program = fixture.join()
        let spoken = speech(12_000)
        let startNs = MonotonicClock.nowNs
        program.write(spoken)
        var sent: [Int16] = []
        for number in 0..<25 {
            let frame = try #require(fixture.host.receive())
            let elapsedMs = Int((MonotonicClock.nowNs - startNs) / 1_000_000)
            #expect(elapsedMs >= (number + 1) * 20 - StreamSessionTests.aheadMs - 5)
            sent += frame.data.samples
        }
        #expect(sent.count == 12_000)
        let (match, _) = correlation(
            sent.map { Float($0) }, spoken.map { Float($0) }, maximumDelay: 60)
        #expect(match > 0.999)
    }

    @LoopActor @Test func aHostThatLeavesFramesLyingIsDoubted() async throws {
        let fixture = try StreamFixture()
        defer { fixture.close() }
        var doubts: [UInt32] = []
        fixture.engine.onFullLink = { doubts.append($0) }
        let program = fixture.join()
        program.write(speech(4_800))
        for _ in 0..<10 { _ = try #require(fixture.host.receive()) }
        #expect(doubts.isEmpty, "it took them all")
        // Room for a few frames, so that it need not sleep for seconds.
        var bytes: CInt = 4_096
        setsockopt(
            fixture.host.daemonEnd.raw, SOL_SOCKET, SO_SNDBUF, &bytes,
            socklen_t(MemoryLayout<CInt>.size))
        program.write(speech(24_000))
        await fixture.wait(eachMs: 10) { !doubts.isEmpty }
        #expect(fixture.session.meters.framesDropped.load(ordering: .relaxed) > 0)
        #expect(doubts.count == 1, "once a second is enough")
    }

    private static let aheadMs = 200

    @LoopActor @Test func outputComesInTimeAndNothingInGaps() async throws {
        let fixture = try StreamFixture()
        defer { fixture.close() }
        let program = fixture.join()
        let spoken = speech(7_200)
        let startNs = MonotonicClock.nowNs
        fixture.host.say(spoken, item: "item_1", ends: true)
        let heard = program.read(7_200)
        let elapsedMs = Int((MonotonicClock.nowNs - startNs) / 1_000_000)
        #expect(elapsedMs >= 255, "300 ms of speech, at most 40 ms ahead, took \(elapsedMs) ms")
        let (match, _) = correlation(
            heard.map { Float($0) }, spoken.map { Float($0) }, maximumDelay: 240)
        #expect(match > 0.99)
        // The end is heard only when the rest of the last write is read, too.
        let reports = await fixture.reports(1)
        #expect(reports[0].kind == UInt32(PARLEY_PLAYBACK_STARTED))
    }

    @LoopActor @Test func heardIsWhatTheProgramHasRead() async throws {
        let fixture = try StreamFixture()
        defer { fixture.close() }
        let slow = fixture.join()
        let quick = fixture.join(writes: false)
        fixture.host.say(speech(24_000), item: "item_1", ends: true)
        // The other one reads 300 ms, so that much lies in the slow one's socket; it reads 100 ms.
        _ = quick.read(7_200)
        _ = slow.read(2_400)
        fixture.session.interrupt(cause: UInt32(PARLEY_CAUSE_CLIENT))
        let reports = await fixture.reports(2)
        let cut = try #require(reports.first { $0.kind == UInt32(PARLEY_PLAYBACK_FLUSHED) })
        #expect(cut.receivedSamples == 24_000)
        // Early by a write of 10 ms and late by the resampler's delay at the most.
        #expect(abs(Int(cut.heardSamples) - 2_400) <= 264, "heard \(cut.heardSamples)")
    }

    @LoopActor @Test func withoutAProgramSpeechPassesUnheard() async throws {
        let fixture = try StreamFixture()
        defer { fixture.close() }
        fixture.host.say(speech(24_000), item: "item_1", ends: true)
        fixture.session.interrupt(cause: UInt32(PARLEY_CAUSE_CLIENT))
        let reports = await fixture.reports(2)
        #expect(
            reports.map(\.kind) == [
                UInt32(PARLEY_PLAYBACK_FLUSHED), UInt32(PARLEY_PLAYBACK_FLUSH_END),
            ])
        #expect(reports[0].heardSamples == 0)
        #expect(reports[0].receivedSamples == 24_000)
    }

    @LoopActor @Test func theTailOfSpeechWithoutAnEndDoesNotWaitForMore() async throws {
        let fixture = try StreamFixture()
        defer { fixture.close() }
        let program = fixture.join()
        // Each gap within the item raises what must wait before sound begins again, to 160 ms here.
        for gaps in 1...5 {
            fixture.host.say(speech(4_800), item: "item_1")
            #expect(program.read(4_800).count == 4_800)
            let meters = fixture.session.meters
            await fixture.wait(eachMs: 2) { meters.dryEvents.load(ordering: .relaxed) >= gaps }
        }
        fixture.host.say(speech(480), item: "item_1")
        #expect(program.read(480).count == 480)
    }

    @LoopActor @Test func anItemThatPassedUnheardIsOver() async throws {
        let fixture = try StreamFixture()
        defer { fixture.close() }
        fixture.host.say(speech(2_400), item: "item_1", ends: true)
        let reports = await fixture.reports(1)
        #expect(reports[0].kind == UInt32(PARLEY_PLAYBACK_FINISHED))
        #expect(reports[0].heardSamples == 0)
        #expect(reports[0].receivedSamples == 2_400)
    }

    @LoopActor @Test func theEndOfInputIsToldAndOutputGoesOn() async throws {
        let fixture = try StreamFixture()
        defer { fixture.close() }
        let program = fixture.join()
        fixture.host.say(speech(12_000), item: "item_1", ends: true)
        program.endInput()
        await fixture.wait { fixture.endedInputs == [program.number] }
        #expect(program.read(12_000).suffix(2_400).contains { abs($0) > 3_000 })
        // Two seconds of quiet later the daemon closes.
        await fixture.wait { fixture.gone == [program.number] }
        #expect(program.read(1).count <= 1)
    }

    @LoopActor @Test func aContinuousProgramGetsSilenceInGaps() async throws {
        let fixture = try StreamFixture()
        defer { fixture.close() }
        let listener = fixture.join(writes: false)
        let continuous = fixture.join(writes: false, continuous: true)
        #expect(continuous.read(2_400) == [Int16](repeating: 0, count: 2_400))
        #expect(!listener.hasSound)
    }

    @LoopActor @Test func whatWasWrittenJustBeforeTheEndOfInputArrives() async throws {
        let fixture = try StreamFixture()
        defer { fixture.close() }
        let program = fixture.join()
        let spoken = speech(480)
        program.write(spoken)
        program.endInput()
        await fixture.wait { fixture.endedInputs == [program.number] }
        #expect(try #require(fixture.host.receive()).data.samples == spoken)
    }

    @LoopActor @Test func aFrameBehindLostOnesSaysSo() async throws {
        let fixture = try StreamFixture()
        defer { fixture.close() }
        let program = fixture.join()
        // The host reads nothing until its socket has refused a frame.
        let meters = fixture.session.meters
        while meters.framesDropped.load(ordering: .relaxed) == 0 { program.write(speech(4_800)) }
        let sent = meters.framesSent.load(ordering: .acquiring)
        for _ in 0..<sent { #expect(fixture.host.receive() != nil) }
        program.write(speech(4_800))
        let next = try #require(fixture.host.receive())
        #expect(UInt64(next.header.sequence) > sent)
        #expect(next.header.flags & UInt32(PARLEY_FRAME_DISCONTINUITY) != 0)
        program.write(speech(4_800))
        let after = try #require(fixture.host.receive())
        #expect(after.header.flags & UInt32(PARLEY_FRAME_DISCONTINUITY) == 0)
    }
}
