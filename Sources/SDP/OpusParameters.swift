/// What the `fmtp` of Opus says of how its writer wants to receive (RFC 7587, section 6.1).
public struct OpusParameters: Sendable, Hashable {
    /// Hz; nil for 48000.
    public var maxPlaybackRate: Int?
    /// Bits a second.
    public var maxAverageBitrate: Int?
    /// In milliseconds.
    public var minPacketTimeMs: Int?
    public var maxPacketTimeMs: Int?
    public var stereo = false
    public var sendsStereo = false
    public var constantBitrate = false
    public var inBandFEC = false
    public var discontinuous = false

    public init(inBandFEC: Bool = false, discontinuous: Bool = false, minPacketTimeMs: Int? = nil) {
        self.inBandFEC = inBandFEC
        self.discontinuous = discontinuous
        self.minPacketTimeMs = minPacketTimeMs
    }

    /// What is not known, or makes no sense, is passed over.
    public init(parsing text: String) {
        for part in text[...].utf8.split(separator: UInt8(ascii: ";")) {
            let (name, value) = Substring(part).cut(at: UInt8(ascii: "="))
            guard let value = value?.trimmed else { continue }
            switch name.trimmed.lowercased() {
            case "maxplaybackrate": maxPlaybackRate = Self.number(value, 8_000...48_000)
            case "maxaveragebitrate": maxAverageBitrate = Self.number(value, 500...510_000)
            case "minptime": minPacketTimeMs = Self.number(value, 3...120)
            case "maxptime": maxPacketTimeMs = Self.number(value, 3...120)
            case "stereo": stereo = value == "1"
            case "sprop-stereo": sendsStereo = value == "1"
            case "cbr": constantBitrate = value == "1"
            case "useinbandfec": inBandFEC = value == "1"
            case "usedtx": discontinuous = value == "1"
            default: break
            }
        }
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int>) -> Int? {
        text.number(Int.self).flatMap { range.contains($0) ? $0 : nil }
    }

    /// As `fmtp` has it; empty when everything is as by default.
    public var text: String {
        var parts: [String] = []
        if let minPacketTimeMs { parts.append("minptime=\(minPacketTimeMs)") }
        if let maxPacketTimeMs { parts.append("maxptime=\(maxPacketTimeMs)") }
        if let maxPlaybackRate { parts.append("maxplaybackrate=\(maxPlaybackRate)") }
        if let maxAverageBitrate { parts.append("maxaveragebitrate=\(maxAverageBitrate)") }
        if stereo { parts.append("stereo=1") }
        if sendsStereo { parts.append("sprop-stereo=1") }
        if constantBitrate { parts.append("cbr=1") }
        if inBandFEC { parts.append("useinbandfec=1") }
        if discontinuous { parts.append("usedtx=1") }
        return parts.joined(separator: ";")
    }
}
