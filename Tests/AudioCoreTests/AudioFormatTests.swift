import AudioCore
import Testing

@Suite struct AudioFormatTests {
    @Test func namesAndNumbersNameTheSameCodec() {
        let expected: [(AudioCodec, UInt32, String, Int)] = [
            (.pcmS16LE, 1, "pcm_s16le", 2), (.pcmu, 2, "pcmu", 1), (.pcma, 3, "pcma", 1),
            (.opus, 4, "opus", 0),
        ]
        for (codec, number, name, bytes) in expected {
            #expect(codec.rawValue == number)
            #expect(AudioCodec(name: name) == codec && codec.name == name)
            #expect(codec.bytesPerSample == bytes)
        }
        #expect(AudioCodec(name: "PCMU") == nil)
    }

    @Test func onlyRatesThatTheHeaderNamesExist() {
        #expect(AudioFormat(rawCodec: 1, rateHz: 24_000) == .pcm24k)
        #expect(AudioFormat(rawCodec: 1, rateHz: 44_100) == nil)
        #expect(AudioFormat(codec: .pcmu, rateHz: 16_000) == nil)
        #expect(AudioFormat(codec: .opus, rateHz: 24_000) == nil)
        #expect(AudioFormat(rawCodec: 5, rateHz: 8_000) == nil)
        #expect(AudioFormat.pcm24k.sampleCount(durationUs: 20_000) == 480)
    }
}
