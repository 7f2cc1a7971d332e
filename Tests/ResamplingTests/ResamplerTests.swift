import Foundation
import Resampling
import Testing

@Suite struct ResamplerTests {
    static let pairs = [
        (48_000, 24_000), (48_000, 16_000), (48_000, 8_000), (24_000, 48_000), (16_000, 48_000),
        (8_000, 48_000),
    ]

    private func tone(_ hz: Double, rateHz: Int, count: Int) -> [Float] {
        (0..<count).map { Float(0.5 * sin(2 * .pi * hz * Double($0) / Double(rateHz))) }
    }

    /// Converts in blocks of changing size.
    private func convert(
        _ sound: [Float], from input: Int, to output: Int, quality: Resampler.Quality
    ) throws -> (sound: [Float], latency: Int) {
        var resampler = try Resampler(inputRateHz: input, outputRateHz: output, quality: quality)
        var result: [Float] = []
        var start = 0
        var size = 1
        while start < sound.count {
            size = (size * 13 + 7) % 977 + 1
            let count = min(size, sound.count - start)
            let capacity = resampler.outputCapacity(inputCount: count)
            var block = [Float](repeating: 0, count: capacity)
            let (consumed, produced) = resampler.process(
                Array(sound[start..<start + count]), count: count, into: &block,
                capacity: capacity)
            #expect(consumed == count)
            result += block[..<produced]
            start += count
            let ideal = Double(start) * Double(output) / Double(input)
            #expect(abs(Double(result.count) - ideal) <= 1, "nothing is held back")
        }
        return (result, resampler.latencyOutputSamples)
    }

    /// Amplitude of a tone in the settled part, and the level of everything else beside it.
    private func fit(_ sound: [Float], _ hz: Double, rateHz: Int) -> (
        amplitude: Double, rest: Double
    ) {
        let settled = sound.dropFirst(sound.count / 4)
        var ss = 0.0, cc = 0.0, sc = 0.0, ys = 0.0, yc = 0.0
        for (index, value) in zip(settled.indices, settled) {
            let w = 2 * Double.pi * hz * Double(index) / Double(rateHz)
            ss += sin(w) * sin(w)
            cc += cos(w) * cos(w)
            sc += sin(w) * cos(w)
            ys += Double(value) * sin(w)
            yc += Double(value) * cos(w)
        }
        let determinant = ss * cc - sc * sc
        let a = (ys * cc - yc * sc) / determinant
        let b = (yc * ss - ys * sc) / determinant
        var rest = 0.0
        for (index, value) in zip(settled.indices, settled) {
            let w = 2 * Double.pi * hz * Double(index) / Double(rateHz)
            let r = Double(value) - a * sin(w) - b * cos(w)
            rest += r * r
        }
        return ((a * a + b * b).squareRoot(), (2 * rest / Double(settled.count)).squareRoot())
    }

    private func decibels(_ value: Double) -> Double { 20 * log10(max(value, 1e-9) / 0.5) }

    @Test(arguments: pairs, Resampler.Quality.allCases)
    func thePassBandIsFlatAndClean(pair: (Int, Int), quality: Resampler.Quality) throws {
        let (input, output) = pair
        let nyquist = Double(min(input, output)) / 2
        for part in [0.05, 0.3, 0.6, 0.8] {
            let hz = nyquist * part
            let sound = tone(hz, rateHz: input, count: input / 5)
            let result = try convert(sound, from: input, to: output, quality: quality).sound
            let (amplitude, rest) = fit(result, hz, rateHz: output)
            let ripple = abs(decibels(amplitude))
            #expect(ripple < (quality == .transparent ? 0.02 : 1.5), "\(hz) Hz: \(ripple) dB")
            let noise = decibels(rest)
            #expect(noise < (quality == .transparent ? -85 : -65), "\(hz) Hz: \(noise) dB")
        }
    }

    @Test(arguments: pairs.filter { $0.0 > $0.1 }, Resampler.Quality.allCases)
    func whatDoesNotFitIsRejected(pair: (Int, Int), quality: Resampler.Quality) throws {
        let (input, output) = pair
        for part in [1.2, 1.5, 1.9] {
            let sound = tone(Double(output) / 2 * part, rateHz: input, count: input / 5)
            let result = try convert(sound, from: input, to: output, quality: quality).sound
            let settled = result.dropFirst(result.count / 4)
            let power = settled.reduce(0) { $0 + Double($1 * $1) } / Double(settled.count)
            let level = decibels((2 * power).squareRoot())
            #expect(level < (quality == .transparent ? -85 : -65), "\(part): \(level) dB")
        }
    }

    @Test(arguments: pairs, Resampler.Quality.allCases)
    func theToldLatencyIsTheTrueOne(pair: (Int, Int), quality: Resampler.Quality) throws {
        let (input, output) = pair
        // A Gauss pulse that both rates hold.
        let centre = input / 20
        let width = Double(input) / 1_500
        let sound = (0..<input / 5).map { Float(exp(-pow(Double($0 - centre) / width, 2))) }
        let (result, latency) = try convert(sound, from: input, to: output, quality: quality)
        let weights = result.map { Double($0) * Double($0) }
        let middle =
            zip(weights.indices, weights).reduce(0) { $0 + Double($1.0) * $1.1 }
            / weights.reduce(0, +)
        let expected = Double(centre) * Double(output) / Double(input) + Double(latency)
        #expect(abs(middle - expected) < 1, "\(middle), told \(expected)")
    }

    @Test func theMicrophoneWaitsLessThanAMillisecond() throws {
        let resampler = try Resampler(
            inputRateHz: 48_000, outputRateHz: 24_000, quality: .lowDelay)
        #expect(resampler.latencyInputSamples <= 32)
        #expect(resampler.latencyOutputSamples <= 16)
    }

    @Test func equalRatesPassThrough() throws {
        var resampler = try Resampler(
            inputRateHz: 16_000, outputRateHz: 16_000, quality: .transparent)
        var out: [Float] = [0, 0, 0]
        let moved = resampler.process([0.25, 7, -0.5, 9], count: 4, into: &out, capacity: 3)
        #expect(moved.consumed == 3 && moved.produced == 3 && out == [0.25, 7, -0.5])
        #expect(resampler.latencyOutputSamples == 0)
    }

    @Test func aSmallBufferKeepsTheRestForLater() throws {
        var resampler = try Resampler(
            inputRateHz: 8_000, outputRateHz: 48_000, quality: .transparent)
        let sound = tone(300, rateHz: 8_000, count: 800)
        var whole = [Float](repeating: 0, count: 4_800)
        let all = resampler.process(sound, count: 800, into: &whole, capacity: 4_800)
        #expect(all.consumed == 800 && all.produced == 4_800)
        resampler.reset()
        var pieces: [Float] = []
        var start = 0
        var block = [Float](repeating: 0, count: 100)
        while pieces.count < 4_700 {
            let (consumed, produced) = sound.withUnsafeBufferPointer {
                resampler.process(
                    $0.baseAddress! + start, count: 800 - start, into: &block, capacity: 100)
            }
            start += consumed
            pieces += block[..<produced]
        }
        #expect(pieces == Array(whole.prefix(pieces.count)))
    }
}
