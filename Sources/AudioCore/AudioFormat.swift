/// How samples are written on the way to and from a transport. The raw values are those of
/// `PARLEY_CODEC_*` in the plugin header.
public enum AudioCodec: UInt32, Sendable, Hashable, CaseIterable {
    /// Signed 16 bit, little endian.
    case pcmS16LE = 1
    /// G.711 mu-law.
    case pcmu = 2
    /// G.711 A-law.
    case pcma = 3
    /// One RFC 6716 packet per frame.
    case opus = 4

    /// The codec's name in config, control API and logs.
    public var name: String {
        switch self {
        case .pcmS16LE: "pcm_s16le"
        case .pcmu: "pcmu"
        case .pcma: "pcma"
        case .opus: "opus"
        }
    }

    /// The codec of that name; nil for a name that no codec has.
    public init?(name: String) {
        guard let codec = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = codec
    }

    /// Bytes that one sample takes, 0 where that varies. [real-time safe]
    public var bytesPerSample: Int {
        @_noLocks get {
            switch self {
            case .pcmS16LE: 2
            case .pcmu, .pcma: 1
            case .opus: 0
            }
        }
    }
}

/// A codec and its rate. Sound is mono. [real-time safe]
public struct AudioFormat: Sendable, Hashable {
    public let codec: AudioCodec
    /// Samples per second; for Opus the RTP clock, 48000.
    public let rateHz: Int

    /// - Returns: nil when the codec doesn't exist at that rate.
    public init?(codec: AudioCodec, rateHz: Int) {
        switch (codec, rateHz) {
        case (.pcmS16LE, 8_000), (.pcmS16LE, 16_000), (.pcmS16LE, 24_000), (.pcmS16LE, 48_000),
            (.pcmu, 8_000), (.pcma, 8_000), (.opus, 48_000):
            self.codec = codec
            self.rateHz = rateHz
        default: return nil
        }
    }

    /// From the numbers of the plugin header.
    public init?(rawCodec: UInt32, rateHz: UInt32) {
        guard let codec = AudioCodec(rawValue: rawCodec) else { return nil }
        self.init(codec: codec, rateHz: Int(rateHz))
    }

    private init(_ codec: AudioCodec, _ rateHz: Int) {
        self.codec = codec
        self.rateHz = rateHz
    }

    /// PCM at the device side's rate.
    public static var pcm48k: AudioFormat { @_noLocks get { AudioFormat(.pcmS16LE, 48_000) } }
    public static var pcm24k: AudioFormat { @_noLocks get { AudioFormat(.pcmS16LE, 24_000) } }
    public static var opus: AudioFormat { @_noLocks get { AudioFormat(.opus, 48_000) } }

    /// Samples in `durationUs`, rounded down.
    @_noLocks
    public func sampleCount(durationUs: Int) -> Int { rateHz * durationUs / 1_000_000 }
}

extension AudioFormat: CustomStringConvertible {
    public var description: String { "\(codec.name) at \(rateHz) Hz" }
}
