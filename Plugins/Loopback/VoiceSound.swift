import Glibc

/// Sound that looks like speech to meters and voice detectors: a pitch of 140 Hz with harmonics, in
/// syllables of a quarter of a second. A pure function of position, so a test knows what to look for.
enum VoiceSound {
    static let syllablesPerSecond = 4.0
    static let pitchHz = 140.0

    /// Sample `index` of an utterance at `rateHz`.
    static func sample(_ index: Int, rateHz: Int) -> Int16 {
        let time = Double(index) / Double(rateHz)
        let phase = 2 * Double.pi * pitchHz * time
        let tone = sin(phase) + 0.5 * sin(2 * phase) + 0.33 * sin(3 * phase) + 0.2 * sin(5 * phase)
        let syllable = sin(
            Double.pi * (time * syllablesPerSecond).truncatingRemainder(dividingBy: 1))
        return Int16(tone * syllable * 6000)
    }

    /// How long a text takes to say: a syllable for about three letters, a quarter second at least.
    static func durationMs(of text: String) -> Int {
        max(250, (text.utf8.count + 2) / 3 * Int(1000 / syllablesPerSecond) / 2)
    }

    static func tone(_ index: Int, rateHz: Int, toneHz: Double) -> Int16 {
        Int16(8000 * sin(2 * Double.pi * toneHz * Double(index) / Double(rateHz)))
    }
}
