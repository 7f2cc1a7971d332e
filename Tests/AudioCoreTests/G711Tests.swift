import AudioCore
import Testing

/// Tables 1 and 2 of G.711, written as the widths of their intervals on the 16-bit scale.
@Suite struct G711Tests {
    /// The code of each interval, its first magnitude, the one behind it, and its decoded magnitude.
    private struct Interval {
        let number: Int
        let start: Int
        let end: Int
        let value: Int
    }

    private static func intervals(widths: [(count: Int, width: Int)], firstValue: Int) -> [Interval]
    {
        var all: [Interval] = []
        var start = 0
        for (count, width) in widths {
            for _ in 0..<count {
                let value = all.isEmpty ? firstValue : start + width / 2
                all.append(
                    Interval(number: all.count, start: start, end: start + width, value: value))
                start += width
            }
        }
        return all
    }

    private static let mu = intervals(
        widths: [(1, 4), (15, 8)] + (0..<7).map { (16, 16 << $0) }, firstValue: 0)
    private static let a = intervals(
        widths: [(32, 16)] + (0..<6).map { (16, 32 << $0) }, firstValue: 8)

    @Test func muLawMatchesTheTable() {
        #expect(Self.mu.count == 128 && Self.mu[127].value == 32_124)
        for interval in Self.mu {
            let positive = UInt8(0xFF - interval.number)
            let negative = UInt8(0x7F - interval.number)
            #expect(Int(G711.decodeMu(positive)) == interval.value)
            #expect(Int(G711.decodeMu(negative)) == -interval.value)
            // What is beyond the last interval belongs to it.
            let end = interval.number == 127 ? 32_768 : interval.end
            for magnitude in interval.start..<end {
                guard G711.encodeMu(Int16(magnitude)) == positive,
                    G711.encodeMu(~Int16(magnitude)) == negative
                else {
                    Issue.record("mu-law of \(magnitude): \(G711.encodeMu(Int16(magnitude)))")
                    return
                }
            }
        }
    }

    @Test func aLawMatchesTheTable() {
        #expect(Self.a.count == 128 && Self.a[127].end == 32_768)
        for interval in Self.a {
            let positive = UInt8(0x80 | interval.number) ^ 0x55
            let negative = UInt8(interval.number) ^ 0x55
            #expect(Int(G711.decodeA(positive)) == interval.value)
            #expect(Int(G711.decodeA(negative)) == -interval.value)
            for magnitude in interval.start..<interval.end {
                guard G711.encodeA(Int16(magnitude)) == positive,
                    G711.encodeA(~Int16(magnitude)) == negative
                else {
                    Issue.record("A-law of \(magnitude): \(G711.encodeA(Int16(magnitude)))")
                    return
                }
            }
        }
    }

    @Test func silenceHasItsWellKnownCodes() {
        #expect(G711.encodeMu(0) == 0xFF && G711.encodeA(0) == 0xD5)
        #expect(G711.encodeMu(.max) == 0x80 && G711.encodeMu(.min) == 0x00)
        #expect(G711.encodeA(.max) == 0xAA && G711.encodeA(.min) == 0x2A)
    }

    @Test(arguments: [G711.Law.mu, .a])
    func blocksEqualSingleSamples(law: G711.Law) {
        let sound = (0..<200).map { Float($0 * 311 % 65_536 - 32_768) / 32_768 }
        var codes = [UInt8](repeating: 0, count: 200)
        G711.encode(sound, to: &codes, count: 200, law: law)
        var floats = [Float](repeating: 0, count: 200)
        var integers = [Int16](repeating: 0, count: 200)
        G711.decode(codes, to: &floats, count: 200, law: law)
        G711.decode(codes, to: &integers, count: 200, law: law)
        for index in sound.indices {
            let sample = PCM16.sample(sound[index])
            #expect(codes[index] == (law == .mu ? G711.encodeMu(sample) : G711.encodeA(sample)))
            #expect(floats[index] == PCM16.value(integers[index]))
        }
    }
}
