import AudioCore
import Testing

@Suite struct PlayedItemsTests {
    private let a: SpeechItem
    private let b: SpeechItem

    init() throws {
        a = try #require(SpeechItem("a"))
        b = try #require(SpeechItem("b", contentIndex: 1))
    }

    private func chunk(
        _ item: SpeechItem, at position: Int64, count: Int, ends: Bool = false
    ) -> PlayoutChunk {
        PlayoutChunk(item: item, itemPosition: position, count: count, endsItem: ends)
    }

    private func events(_ ledger: inout PlayedItems, to position: Int64) -> [PlaybackEvent] {
        var all: [PlaybackEvent] = []
        while let event = ledger.advance(to: position) { all.append(event) }
        return all
    }

    @Test func thereIsNewsOnlyAroundTheEndsOfItems() {
        var ledger = PlayedItems()
        var steps: [Bool] = [ledger.mayHaveNews]
        ledger.record(chunk(a, at: 0, count: 480), rateHz: 24_000, at: 0)
        steps.append(ledger.mayHaveNews)
        _ = events(&ledger, to: 10)
        steps.append(ledger.mayHaveNews)
        ledger.record(chunk(a, at: 480, count: 480), rateHz: 24_000, at: 960)
        steps.append(ledger.mayHaveNews)
        ledger.record(chunk(a, at: 960, count: 480, ends: true), rateHz: 24_000, at: 1_920)
        steps.append(ledger.mayHaveNews)
        _ = events(&ledger, to: 2_880)
        steps.append(ledger.mayHaveNews)
        // Nothing; waits to start; runs; runs on; waits to end; nothing.
        #expect(steps == [false, true, false, false, true, false])
    }

    @Test func anItemWithoutAnEndIsNewsWhenTheNextOneComes() {
        var ledger = PlayedItems()
        ledger.record(chunk(a, at: 0, count: 480), rateHz: 24_000, at: 0)
        _ = events(&ledger, to: 10)
        ledger.record(chunk(b, at: 0, count: 480), rateHz: 24_000, at: 960)
        let before = ledger.mayHaveNews
        _ = events(&ledger, to: 970)
        let after = ledger.mayHaveNews
        #expect([before, after] == [true, false])
    }

    /// Two items at 24 kHz, one behind the other from device position 1000 on.
    @Test func itemsStartAndFinishByTheDeviceClock() {
        var ledger = PlayedItems()
        ledger.record(chunk(a, at: 0, count: 480), rateHz: 24_000, at: 1_000)
        ledger.record(chunk(a, at: 480, count: 480, ends: true), rateHz: 24_000, at: 1_960)
        ledger.record(chunk(b, at: 0, count: 240), rateHz: 24_000, at: 2_920)

        let table: [(Int64, [PlaybackEvent], Int64?, Int64?)] = [
            (0, [], 0, 0),
            (1_000, [], 0, 0),
            (1_001, [.started(a)], 0, 0),
            (1_100, [], 50, 0),
            (1_050, [], 50, 0),  // The clock wavered.
            (2_000, [], 500, 0),
            (2_919, [], 959, 0),
            (2_920, [.finished(a, samples: 960, rateHz: 24_000)], nil, 0),
            (3_000, [.started(b)], nil, 40),
            (9_000, [], nil, 240),  // b may go on.
        ]
        for (position, expected, heardA, heardB) in table {
            #expect(events(&ledger, to: position) == expected, "at \(position)")
            #expect(ledger.heard(of: a) == heardA, "at \(position)")
            #expect(ledger.heard(of: b) == heardB, "at \(position)")
        }
        ledger.record(chunk(b, at: 240, count: 0, ends: true), rateHz: 24_000, at: 9_500)
        #expect(events(&ledger, to: 9_499).isEmpty)
        #expect(events(&ledger, to: 9_500) == [.finished(b, samples: 240, rateHz: 24_000)])
        #expect(ledger.itemCount == 0)
    }

    @Test func oneLateLookTellsEverythingInOrder() {
        var ledger = PlayedItems()
        ledger.record(chunk(a, at: 0, count: 100, ends: true), rateHz: 48_000, at: 0)
        ledger.record(chunk(b, at: 0, count: 100, ends: true), rateHz: 48_000, at: 100)
        #expect(
            events(&ledger, to: 10_000) == [
                .started(a), .finished(a, samples: 100, rateHz: 48_000), .started(b),
                .finished(b, samples: 100, rateHz: 48_000),
            ])
    }

    @Test func aPeerWithoutEndMarksFinishesAnItemByTheNext() {
        var ledger = PlayedItems()
        ledger.record(chunk(a, at: 0, count: 100), rateHz: 48_000, at: 0)
        #expect(events(&ledger, to: 500) == [.started(a)])
        ledger.record(chunk(b, at: 0, count: 100), rateHz: 48_000, at: 600)
        #expect(
            events(&ledger, to: 650)
                == [.started(b), .finished(a, samples: 100, rateHz: 48_000)])
    }

    @Test func aGapBelongsToNobody() {
        var ledger = PlayedItems()
        ledger.record(chunk(a, at: 0, count: 100), rateHz: 48_000, at: 0)
        ledger.record(chunk(a, at: 100, count: 100), rateHz: 48_000, at: 5_000)
        #expect(events(&ledger, to: 3_000) == [.started(a)])
        #expect(ledger.heard(of: a) == 100)
        _ = events(&ledger, to: 5_050)
        #expect(ledger.heard(of: a) == 150)
    }

    @Test func anInterruptionListsWhatWasHeardAndReceived() throws {
        var queue = try PlayoutQueue(rateHz: 24_000, seconds: 10)
        var ledger = PlayedItems()
        let c = try #require(SpeechItem("c"))
        let speech = [Int16](repeating: 9, count: 2_400)
        _ = queue.append(speech, count: 2_400, item: a, endsItem: true)
        _ = queue.append(speech, count: 2_400, item: b)
        _ = queue.append(speech, count: 1_200, item: c)
        var out = [Float](repeating: 0, count: 4_000)
        var device: Int64 = 10_000
        var left = 3_000
        while left > 0, let chunk = queue.read(into: &out, count: left) {
            ledger.record(chunk, rateHz: 24_000, at: device)
            device += Int64(chunk.count) * 2
            left -= chunk.count
        }
        #expect(events(&ledger, to: 12_000) == [.started(a)])
        var cut = [CutItem](
            repeating: CutItem(item: a, heard: -1, received: -1, rateHz: 0), count: 8)
        let count = ledger.cutOff(&queue, into: &cut, capacity: 8)
        #expect(
            Array(cut.prefix(count)) == [
                CutItem(item: a, heard: 1_000, received: 2_400, rateHz: 24_000),
                CutItem(item: b, heard: 0, received: 2_400, rateHz: 24_000),
                CutItem(item: c, heard: 0, received: 1_200, rateHz: 24_000),
            ])
        #expect(queue.availableSamples == 0 && queue.itemCount == 0 && ledger.itemCount == 0)
    }

    @Test func aFullLedgerForgetsItsOldest() {
        var ledger = PlayedItems(stretches: 4, items: 2)
        for number in 0..<10 {
            // Gaps keep the stretches apart.
            ledger.record(
                chunk(a, at: Int64(number) * 10, count: 10), rateHz: 48_000,
                at: Int64(number) * 100)
        }
        #expect(ledger.heard(of: a) == 60, "six of ten stretches were pushed out")
        ledger.record(chunk(b, at: 0, count: 10), rateHz: 48_000, at: 2_000)
        ledger.record(chunk(SpeechItem(), at: 0, count: 10), rateHz: 48_000, at: 3_000)
        #expect(ledger.heard(of: a) == nil && ledger.itemCount == 2)
        #expect(events(&ledger, to: 2_005) == [.started(b)])
    }
}
