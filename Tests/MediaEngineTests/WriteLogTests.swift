import Testing

@testable import MediaEngine

/// From the memory that a socket holds to a place on the time line.
@Suite struct WriteLogTests {
    @Test func theOldestUnreadWriteIsCountedBackFromTheNewest() {
        var log = WriteLog()
        for number in 0..<20 { log.add(position: Int64(number * 240), samples: 120, memory: 1_280) }
        let place1 = log.oldest(holding: 1_280)
        #expect(place1 == 4_560)
        let place2 = log.oldest(holding: 3 * 1_280)
        #expect(place2 == 4_080)
        let place3 = log.oldest(holding: 99_999)
        #expect(place3 == 0)
    }

    @Test func aGapBetweenWritesIsNotUnreadSound() {
        var log = WriteLog()
        log.add(position: 0, samples: 120, memory: 768)
        log.add(position: 480_000, samples: 120, memory: 768)
        let place4 = log.oldest(holding: 768)
        #expect(place4 == 480_000)
        let place5 = log.oldest(holding: 2 * 768)
        #expect(place5 == 0)
    }

    @Test func aMeasureThatAReaderDisturbedDoesNotLast() {
        var log = WriteLog()
        log.add(position: 0, samples: 120, memory: -500)
        for number in 1..<8 { log.add(position: Int64(number * 240), samples: 120, memory: 1_280) }
        let settled = [log.isSettled(120), log.isSettled(480)]
        #expect(settled == [true, false])
        log.add(position: 8 * 240, samples: 120, memory: 0)
        let place6 = log.oldest(holding: 2 * 1_280)
        #expect(place6 == 1_680)
    }

    @Test func theCostsOfSeveralSizesAreKept() {
        var log = WriteLog()
        for number in 0..<8 {
            log.add(position: Int64(number * 480), samples: 240, memory: 1_280)
            log.add(position: Int64(number * 480 + 240), samples: 480, memory: 2_304)
        }
        let settled = [log.isSettled(240), log.isSettled(480), log.isSettled(720)]
        #expect(settled == [true, true, false])
        let oldest = log.oldest(holding: 1_280 + 2_304)
        #expect(oldest == 3_360)
    }

    @Test func longRunsWrap() {
        var log = WriteLog()
        for number in 0..<5_000 { log.add(position: Int64(number), samples: 120, memory: 1_280) }
        let place7 = log.oldest(holding: 10 * 1_280)
        #expect(place7 == 4_990)
    }
}
