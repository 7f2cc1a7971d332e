/// A codec that we speak.
public enum AudioCodec: Sendable, Hashable {
    case opus
    case pcmu
    case pcma
    /// Signed, most significant byte first, mono (RFC 3551, section 4.5.11).
    case l16(rateHz: UInt32)

    /// What `rtpmap` calls it, and its RTP clock.
    public var encoding: String {
        switch self {
        case .opus: "opus"
        case .pcmu: "PCMU"
        case .pcma: "PCMA"
        case .l16: "L16"
        }
    }

    public var clockRate: UInt32 {
        switch self {
        case .opus: 48_000
        case .pcmu, .pcma: 8_000
        case .l16(let rateHz): rateHz
        }
    }

    /// 2 for Opus whatever it carries (RFC 7587, section 7).
    public var channels: UInt8 { self == .opus ? 2 : 1 }

    /// - Returns: nil for a codec that we don't speak.
    public init?(_ map: RTPMap) {
        switch (map.encoding.lowercased(), map.clockRate, map.channels) {
        case ("opus", 48_000, 2): self = .opus
        case ("pcmu", 8_000, 1): self = .pcmu
        case ("pcma", 8_000, 1): self = .pcma
        case ("l16", let rate, 1): self = .l16(rateHz: rate)
        default: return nil
        }
    }

    func map(_ payloadType: UInt8) -> RTPMap {
        RTPMap(
            payloadType: payloadType, encoding: encoding, clockRate: clockRate, channels: channels)
    }

    /// The payload type that RFC 3551 gives it.
    var fixedPayloadType: UInt8? {
        switch self {
        case .pcmu: 0
        case .pcma: 8
        case .l16(44_100): 11
        case .opus, .l16: nil
        }
    }
}
