import AudioCore
import Testing

@Suite struct PCM16Tests {
    @Test func every16BitSampleSurvivesFloat() {
        for sample in Int16.min...Int16.max {
            guard PCM16.sample(PCM16.value(sample)) == sample else {
                Issue.record("\(sample) became \(PCM16.sample(PCM16.value(sample)))")
                return
            }
        }
    }

    @Test(
        arguments: [
            (1.0, 32_767), (-1.0, -32_768), (7, 32_767), (-7, -32_768), (.infinity, 32_767),
            (-.infinity, -32_768), (.nan, 0), (0.6 / 32_768, 1), (0.4 / 32_768, 0),
            (-0.6 / 32_768, -1),
            (0.5 / 32_768, 0), (1.5 / 32_768, 2), (32_766.6 / 32_768, 32_767),
        ] as [(Float, Int16)])
    func roundsAndSaturates(value: Float, expected: Int16) {
        #expect(PCM16.sample(value) == expected)
    }

    @Test func bytesAreLittleEndianAtAnyAddress() {
        var bytes = [UInt8](repeating: 0xEE, count: 7)
        let sound: [Float] = [Float(0x1234) / 32_768, -2 / 32_768]
        bytes.withUnsafeMutableBufferPointer {
            PCM16.encode(sound, to: $0.baseAddress! + 1, count: 2)
        }
        #expect(bytes == [0xEE, 0x34, 0x12, 0xFE, 0xFF, 0xEE, 0xEE])
        var back: [Float] = [0, 0]
        bytes.withUnsafeBufferPointer { PCM16.decode($0.baseAddress! + 1, to: &back, count: 2) }
        #expect(back == sound)
    }
}
