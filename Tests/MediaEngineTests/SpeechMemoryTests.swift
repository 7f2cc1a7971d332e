import AudioCore
import EventLoop
import Glibc
import Testing

@testable import MediaEngine

/// A long speech costs memory while it waits, and not for ever after.
@Suite struct SpeechMemoryTests {
    init() { EventLoop.startThread() }

    @LoopActor @Test func pagesGoBackOnceTheSpeechWasHeardAndNotBefore() async throws {
        var queue = try PlayoutQueue(rateHz: 48_000)
        let memory = queue.memory
        let speech = SpeechMemory(pause: .milliseconds(20))
        speech.adopt(memory)
        let second = [Int16](repeating: 5, count: 48_000)
        for _ in 0..<3 { _ = queue.append(second, count: second.count, item: SpeechItem()) }

        speech.speechChanged()
        #expect(!speech.isWaiting, "speech waits in them")
        queue.flush()
        #expect(memory.hasLeftPages)
        speech.speechChanged()
        #expect(speech.isWaiting)
        while speech.isWaiting { await Task.yield() }
        #expect(!memory.hasLeftPages)
    }

    @LoopActor @Test func theEngineTellsWhenALongSpeechWasHeard() async throws {
        let fixture = try EngineFixture()
        defer { fixture.close() }
        for frame in 0..<20 {
            fixture.host.say(
                [Int16](repeating: 5_000, count: 2_400), item: "item_1", ends: frame == 19)
            // Who listens makes room for the next.
            if frame % 5 == 4 { _ = fixture.listen(480) }
        }
        _ = await fixture.reports(1)
        #expect(!fixture.session.speech.isWaiting)
        for _ in 0..<210 { _ = fixture.listen(480) }
        _ = await fixture.reports(2)
        #expect(fixture.session.speech.isWaiting)
    }

    @LoopActor @Test func whatNeverTookMuchIsNotLookedAfter() async throws {
        var queue = try PlayoutQueue(rateHz: 48_000)
        let speech = SpeechMemory(pause: .milliseconds(20))
        speech.adopt(queue.memory)
        let word = [Int16](repeating: 5, count: 4_800)
        _ = queue.append(word, count: word.count, item: SpeechItem())
        queue.flush()
        speech.speechChanged()
        #expect(!speech.isWaiting)
    }
}
