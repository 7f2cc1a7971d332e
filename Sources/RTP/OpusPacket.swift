/// What an Opus packet's first bytes tell (RFC 6716, section 3.1).
public enum OpusPacket {
    /// Samples at 48 kHz of all its frames; nil for what no decoder takes: empty, or over 120 ms.
    public static func sampleCount(_ packet: UnsafeRawBufferPointer) -> Int? {
        guard let head = packet.first else { return nil }
        let frames: Int
        switch head & 3 {
        case 0: frames = 1
        case 1, 2: frames = 2
        default:
            guard packet.count > 1 else { return nil }
            frames = Int(packet[1] & 0x3f)
        }
        let count = frames * frameSamples(configuration: head >> 3)
        return (1...5_760).contains(count) ? count : nil
    }

    private static func frameSamples(configuration: UInt8) -> Int {
        switch configuration {
        // SILK: 10, 20, 40, 60 ms.
        case 0..<12: [480, 960, 1_920, 2_880][Int(configuration & 3)]
        // Hybrid: 10, 20 ms.
        case 12..<16: [480, 960][Int(configuration & 1)]
        // CELT: 2.5, 5, 10, 20 ms.
        default: 120 << Int(configuration & 3)
        }
    }
}
