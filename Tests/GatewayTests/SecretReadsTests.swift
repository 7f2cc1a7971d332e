import Testing

@testable import Gateway

@Suite struct SecretReadsTests {
    private let pause = SecretReads.pauseNs

    @Test func oneThatAsksWithoutEndIsAnsweredNowAndThen() {
        var reads = SecretReads()
        var readsDone = 0
        var dueNs: UInt64?
        // A second, a question every 100 µs.
        for step in 0..<10_000 as Range<UInt64> {
            let now = step * 100_000
            if let due = dueNs, due <= now {
                dueNs = nil
                #expect(reads.begin("apiKey", nowNs: due) == true)
                readsDone += 1
            }
            switch reads.ask("apiKey", nowNs: now) {
            case .now:
                #expect(reads.begin("apiKey", nowNs: now) == true)
                readsDone += 1
            case .later(let delay): dueNs = now + delay
            case .isDue: #expect(dueNs != nil, "nobody is left without an answer")
            }
        }
        #expect((2...Int(1_000_000_000 / pause) + 1).contains(readsDone))
    }

    @Test func eachSecretHasItsOwnPause() {
        var reads = SecretReads()
        #expect(reads.ask("one", nowNs: 0) == .now)
        #expect(reads.begin("one", nowNs: 0) == true)
        #expect(reads.ask("two", nowNs: 1) == .now)
        #expect(reads.ask("one", nowNs: 1) == .later(delayNs: pause - 1))
        #expect(reads.ask("one", nowNs: pause) == .isDue)
    }

    @Test func aNewInstanceIsNotAnsweredWhatTheOldOneAsked() {
        var reads = SecretReads()
        #expect(reads.ask("one", nowNs: 0) == .now)
        reads.stopWaiting()
        #expect(reads.begin("one", nowNs: 1) == false)
    }
}
