import Foundation

/// Sounds for tests, and how alike two are.
public enum Signal {
    public static var rateHz: Int { 48_000 }

    /// Noise that is the same for the same seed: unlike a tone, it fits itself at one place only.
    public static func noise(seconds: Double, level: Float = 0.3, seed: UInt64 = 1) -> [Float] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<Int(seconds * Double(rateHz))).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return (Float(state >> 40) / Float(1 << 23) - 1) * level
        }
    }

    public static func tone(hz: Double, seconds: Double, level: Float = 0.3) -> [Float] {
        (0..<Int(seconds * Double(rateHz))).map {
            level * Float(sin(2 * Double.pi * hz * Double($0) / Double(rateHz)))
        }
    }

    public struct Match: Sendable {
        /// Where the reference begins in the recording, in samples.
        public let delay: Int
        public let gain: Double
        /// Energy of the reference in the recording against all that is not it, in dB.
        public let snr: Double
        /// -1 to 1.
        public let correlation: Double
    }

    /// Finds `reference` in `recording`: the delay with the largest correlation.
    /// - Parameter delays: where to look; default everywhere that the reference fits in.
    public static func find(
        _ reference: [Float], in recording: [Float], delays: Range<Int>? = nil
    ) -> Match? {
        guard recording.count >= reference.count else { return nil }
        let last = recording.count - reference.count
        let range = (delays ?? 0..<(last + 1)).clamped(to: 0..<max(0, last + 1))
        guard !range.isEmpty, !reference.isEmpty else { return nil }
        // A probe of the reference finds the place, all of it measures the likeness there.
        let probe = min(reference.count, 600)
        var best = (delay: range.lowerBound, value: -Float.infinity)
        reference.withUnsafeBufferPointer { reference in
            recording.withUnsafeBufferPointer { recording in
                for delay in range {
                    var sum: Float = 0
                    var index = 0
                    while index < probe {
                        sum += reference[index] * recording[delay + index]
                        index &+= 1
                    }
                    if abs(sum) > best.value { best = (delay, abs(sum)) }
                }
            }
        }
        return compare(reference, recording, delay: best.delay)
    }

    /// How well `reference` fits at `delay`.
    public static func compare(_ reference: [Float], _ recording: [Float], delay: Int) -> Match {
        var product = 0.0
        var own = 0.0
        var other = 0.0
        for (index, sample) in reference.enumerated() {
            let heard = Double(recording[delay + index])
            product += Double(sample) * heard
            own += Double(sample) * Double(sample)
            other += heard * heard
        }
        let gain = own > 0 ? product / own : 0
        let explained = gain * gain * own
        let rest = max(other - explained, explained * 1e-12, 1e-30)
        return Match(
            delay: delay, gain: gain, snr: 10 * log10(explained / rest),
            correlation: product / max(sqrt(own * other), 1e-30))
    }
}
