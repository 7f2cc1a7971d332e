import AudioCore
import Glibc

/// The assistant's voice: a pitch with harmonics in syllables. A pure function of position, so that a
/// test knows what was said when.
public enum FakeVoice {
    /// Sample `index` of an utterance, -1 to 1.
    public static func sample(_ index: Int, rateHz: Int) -> Float {
        let time = Double(index) / Double(rateHz)
        let phase = 2 * Double.pi * 180 * time
        let tone = sin(phase) + 0.5 * sin(2 * phase) + 0.3 * sin(4 * phase)
        let syllable = sin(Double.pi * (time * 4).truncatingRemainder(dividingBy: 1))
        // A glide makes every place different from every other.
        let glide = 0.3 * sin(2 * Double.pi * (400 + 60 * time) * time)
        return Float((tone + glide) * syllable * 0.25)
    }

    /// About four syllables a second.
    static func durationMs(of text: String) -> Int { max(400, text.utf8.count * 60) }

    static func encode(_ format: AudioFormat, from start: Int, count: Int) -> [UInt8] {
        var samples = [Float](repeating: 0, count: count)
        for index in 0..<count { samples[index] = sample(start + index, rateHz: format.rateHz) }
        var bytes = [UInt8](repeating: 0, count: count * format.codec.bytesPerSample)
        switch format.codec {
        case .pcmu: G711.encode(samples, to: &bytes, count: count, law: .mu)
        case .pcma: G711.encode(samples, to: &bytes, count: count, law: .a)
        case .pcmS16LE, .opus: PCM16.encode(samples, to: &bytes, count: count)
        }
        return bytes
    }

    static func decode(_ format: AudioFormat, _ bytes: [UInt8]) -> [Float] {
        let count = bytes.count / format.codec.bytesPerSample
        var samples = [Float](repeating: 0, count: count)
        switch format.codec {
        case .pcmu: G711.decode(bytes, to: &samples, count: count, law: .mu)
        case .pcma: G711.decode(bytes, to: &samples, count: count, law: .a)
        case .pcmS16LE, .opus: PCM16.decode(bytes, to: &samples, count: count)
        }
        return samples
    }
}
