/// Wall-clock time as RTCP carries it: seconds since 1900 in 32.32 bits (RFC 3550, section 4).
public struct NTPTime: Sendable, Hashable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// - Parameter unixNs: nanoseconds since 1970.
    public init(unixNs: UInt64) {
        let seconds = unixNs / 1_000_000_000 + 2_208_988_800
        let fraction = ((unixNs % 1_000_000_000) << 32) / 1_000_000_000
        rawValue = seconds << 32 | fraction
    }

    /// The middle bits, in units of 1/65536 s: what reports give back.
    public var middle: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 16) }

    /// A span in units of 1/65536 s.
    static func units(ns: UInt64) -> UInt32 {
        UInt32(
            truncatingIfNeeded: ns / 1_000_000 * 65_536 / 1_000 + ns % 1_000_000 * 65_536
                / 1_000_000_000)
    }
}
