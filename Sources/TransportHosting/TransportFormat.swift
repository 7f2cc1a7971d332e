import CParleyTransport

/// A sound format of the plugin interface: what a transport takes or gives.
public struct TransportFormat: Sendable, Hashable, CustomStringConvertible {
    public enum Codec: UInt32, Sendable, Hashable {
        /// Mono, signed 16 bit, little endian.
        case pcmS16LE = 1
        case pcmu = 2
        case pcma = 3
        /// RFC 6716 packets; the rate is always 48000.
        case opus = 4
    }

    public let codec: Codec
    public let rateHz: UInt32

    /// Nil where the interface has no such format.
    public init?(codec: Codec, rateHz: UInt32) {
        switch codec {
        case .pcmS16LE: guard [8000, 16000, 24000, 48000].contains(rateHz) else { return nil }
        case .pcmu, .pcma: guard rateHz == 8000 else { return nil }
        case .opus: guard rateHz == 48000 else { return nil }
        }
        self.codec = codec
        self.rateHz = rateHz
    }

    /// As the interface spells it in numbers.
    init?(rawCodec: UInt32, rateHz: UInt32) {
        guard let codec = Codec(rawValue: rawCodec) else { return nil }
        self.init(codec: codec, rateHz: rateHz)
    }

    /// The name that the control protocol uses.
    public var name: String {
        switch codec {
        case .pcmS16LE: "pcm_s16le"
        case .pcmu: "pcmu"
        case .pcma: "pcma"
        case .opus: "opus"
        }
    }

    public var description: String { "\(name)/\(rateHz)" }
}
