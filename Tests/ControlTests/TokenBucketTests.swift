import Testing

@testable import Control

@Suite struct TokenBucketTests {
    struct Step: Sendable {
        let atMs: UInt64
        let asks: Int
        let gets: Int
    }

    @Test(
        arguments: [
            // A burst, then nothing until time has passed.
            (5, 10, [Step(atMs: 0, asks: 6, gets: 5), Step(atMs: 99, asks: 1, gets: 0)]),
            // One every 100 ms, and the fraction that is left over is not lost.
            (
                5, 10,
                [
                    Step(atMs: 0, asks: 5, gets: 5), Step(atMs: 150, asks: 2, gets: 1),
                    Step(atMs: 200, asks: 2, gets: 1), Step(atMs: 1_200, asks: 20, gets: 5),
                ]
            ),
            // A long rest is worth one burst, no more.
            (
                3, 100,
                [Step(atMs: 0, asks: 3, gets: 3), Step(atMs: 86_400_000, asks: 9, gets: 3)]
            ),
            // Asking in vain costs nothing.
            (
                1, 1,
                [
                    Step(atMs: 0, asks: 1, gets: 1), Step(atMs: 500, asks: 50, gets: 0),
                    Step(atMs: 1_000, asks: 2, gets: 1),
                ]
            ),
            // No rate: the burst is all there is.
            (2, 0, [Step(atMs: 0, asks: 3, gets: 2), Step(atMs: 1_000_000, asks: 1, gets: 0)]),
            // A clock that went back does not fill the bucket.
            (2, 10, [Step(atMs: 500, asks: 2, gets: 2), Step(atMs: 0, asks: 1, gets: 0)]),
        ] as [(Int, Int, [Step])])
    func `It lets a burst through and then its rate`(
        burst: Int, perSecond: Int, steps: [Step]
    ) {
        var bucket = TokenBucket(burst: burst, perSecond: perSecond, nowNs: 0)
        for step in steps {
            var got = 0
            for _ in 0..<step.asks where bucket.take(nowNs: step.atMs * 1_000_000) { got += 1 }
            #expect(got == step.gets, "at \(step.atMs) ms")
        }
    }
}
