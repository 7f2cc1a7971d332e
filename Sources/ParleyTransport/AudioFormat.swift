import CParleyTransport

/// How audio is coded. Always one channel.
public struct AudioFormat: Sendable, Hashable, CustomStringConvertible {
    public enum Codec: UInt32, Sendable, Hashable {
        /// Signed 16 bit, little endian; 8000, 16000, 24000 or 48000 Hz.
        case pcmS16LE = 1
        /// G.711 mu-law, 8000 Hz.
        case pcmu = 2
        /// G.711 A-law, 8000 Hz.
        case pcma = 3
        /// One RFC 6716 packet per frame; counts are at 48000 Hz.
        case opus = 4
    }

    public let codec: Codec
    public let rateHz: Int

    private init(_ codec: Codec, _ rateHz: Int) {
        self.codec = codec
        self.rateHz = rateHz
    }

    public static let pcm8000 = AudioFormat(.pcmS16LE, 8000)
    public static let pcm16000 = AudioFormat(.pcmS16LE, 16000)
    public static let pcm24000 = AudioFormat(.pcmS16LE, 24000)
    public static let pcm48000 = AudioFormat(.pcmS16LE, 48000)
    public static let pcmu = AudioFormat(.pcmu, 8000)
    public static let pcma = AudioFormat(.pcma, 8000)
    public static let opus = AudioFormat(.opus, 48000)

    /// Every format of the interface.
    public static let all: [AudioFormat] = [
        .pcm24000, .pcm48000, .pcm16000, .pcm8000, .opus, .pcmu, .pcma,
    ]

    /// nil for a combination that the interface does not have.
    public init?(codec: UInt32, rateHz: UInt32) {
        guard let codec = Codec(rawValue: codec) else { return nil }
        let rate = Int(rateHz)
        switch codec {
        case .pcmS16LE: guard [8000, 16000, 24000, 48000].contains(rate) else { return nil }
        case .pcmu, .pcma: guard rate == 8000 else { return nil }
        case .opus: guard rate == 48000 else { return nil }
        }
        self.init(codec, rate)
    }

    /// Bytes of one sample; nil for Opus, whose packets vary.
    public var bytesPerSample: Int? {
        switch codec {
        case .pcmS16LE: 2
        case .pcmu, .pcma: 1
        case .opus: nil
        }
    }

    public var description: String {
        switch codec {
        case .pcmS16LE: "pcm_s16le at \(rateHz) Hz"
        case .pcmu: "pcmu"
        case .pcma: "pcma"
        case .opus: "opus"
        }
    }

    var raw: parley_format_t { parley_format_t(codec: codec.rawValue, rate_hz: UInt32(rateHz)) }
}

extension AudioFormat {
    /// Which way audio goes.
    public enum Direction: UInt32, Sendable, Hashable {
        case toPeer = 0
        case fromPeer = 1
    }
}
