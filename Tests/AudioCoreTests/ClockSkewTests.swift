import AudioCore
import Testing

/// Two clocks, read once a second in virtual time.
@Suite struct ClockSkewTests {
    private func device() -> ClockSkew { ClockSkew(jumpMs: 50, leastSeconds: 30) }

    /// Reads a clock that runs `ppm` faster, up to `noiseMs` wrong each time, from `start` on.
    private func read(
        _ skew: inout ClockSkew, ppm: Double, noiseMs: Double = 0, seconds: Range<Int>,
        aheadS: Double = 0
    ) {
        var random = SeededRandom(seed: 5)
        for second in seconds {
            let referenceS = 1_000_000 + Double(second)
            let errorS = (random.unit() * 2 - 1) * noiseMs / 1_000
            skew.note(
                Double(second) * (1 + ppm / 1e6) + aheadS + errorS, at: referenceS)
        }
    }

    @Test(arguments: [-300.0, -20, 0, 7, 100, 2_000])
    func aDifferenceIsFound(ppm: Double) throws {
        var skew = device()
        read(&skew, ppm: ppm, seconds: 0..<40)
        #expect(abs(try #require(skew.ppm) - ppm) < 0.1)
    }

    @Test func nothingIsSaidBeforeItIsKnown() {
        var skew = device()
        #expect(skew.ppm == nil)
        read(&skew, ppm: 100, seconds: 0..<30)
        #expect(skew.ppm == nil, "too early")
        read(&skew, ppm: 100, seconds: 30..<32)
        #expect(skew.ppm != nil)
    }

    /// As PipeWire tells its positions: some milliseconds wrong.
    @Test func noiseCostsTimeRatherThanTruth() throws {
        var skew = device()
        read(&skew, ppm: 80, noiseMs: 10, seconds: 0..<40)
        #expect(skew.ppm == nil, "that much noise hides it")
        read(&skew, ppm: 80, noiseMs: 10, seconds: 40..<600)
        #expect(abs(try #require(skew.ppm) - 80) < 20)
    }

    @Test func aClockThatWasSetIsReadAnew() throws {
        var skew = device()
        read(&skew, ppm: 50, seconds: 0..<60)
        read(&skew, ppm: 50, seconds: 60..<90, aheadS: 0.2)
        #expect(skew.ppm == nil)
        read(&skew, ppm: 50, seconds: 90..<120, aheadS: 0.2)
        #expect(abs(try #require(skew.ppm) - 50) < 0.1)
        skew.restart()
        #expect(skew.ppm == nil)
    }

    /// A crystal that warms up: what was an hour ago does not count.
    @Test func theFigureFollowsTheClock() throws {
        var skew = device()
        var time = 0.0
        for second in 0..<7_200 {
            time += 1 + (second < 3_600 ? 20 : 60) / 1e6
            skew.note(time, at: Double(second))
        }
        #expect(abs(try #require(skew.ppm) - 60) < 5)
    }

    /// Days of readings leave it exact.
    @Test func aWeekIsNotTooLong() throws {
        var skew = device()
        read(&skew, ppm: -40, noiseMs: 1, seconds: 0..<604_800)
        #expect(abs(try #require(skew.ppm) + 40) < 2)
    }

    @Test func whatIsPublishedIsReadByOthers() throws {
        let published = PublishedSkew()
        let before = published.ppm
        #expect(before == nil)
        var skew = device()
        read(&skew, ppm: -12.5, seconds: 0..<40)
        published.publish(skew)
        let known = published.ppm
        #expect(abs(try #require(known) + 12.5) < 0.1)
        skew.restart()
        published.publish(skew)
        let after = published.ppm
        #expect(after == nil)
    }
}
