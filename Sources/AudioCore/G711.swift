/// ITU-T G.711, both laws, bit exact to the Recommendation's tables. [real-time safe]
///
/// Codes are those on the wire: mu-law inverted, A-law with its even bits inverted. The laws have 14
/// and 13 bits; a negative number is quantised as its one's complement, as in the Recommendation's
/// reference code, so that both signs have the same decision levels.
public enum G711 {
    public enum Law: Sendable {
        case mu, a
    }

    // MARK: Samples

    @_noLocks
    @inline(__always)
    public static func encodeMu(_ sample: Int16) -> UInt8 {
        let sign: UInt8 = sample < 0 ? 0 : 0x80
        let bits = UInt16(bitPattern: sample < 0 ? ~sample : sample)
        // 33 makes every segment begin at a power of two; 13 bits are left.
        let biased = (bits &>> 2) &+ 33
        let magnitude: UInt16 = biased < 0x1FFF ? biased : 0x1FFF
        // 5 + segment bits are significant.
        let segment = UInt16(truncatingIfNeeded: 10 &- magnitude.leadingZeroBitCount)
        let step = (magnitude &>> (segment &+ 1)) & 0xF
        return sign | (~UInt8(truncatingIfNeeded: segment &<< 4 | step) & 0x7F)
    }

    @_noLocks
    @inline(__always)
    public static func decodeMu(_ code: UInt8) -> Int16 {
        let bits = Int16(~code & 0x7F)
        let segment = bits &>> 4
        let magnitude = ((((bits & 0xF) &<< 1) &+ 33) &<< segment &- 33) &<< 2
        return code & 0x80 != 0 ? magnitude : 0 &- magnitude
    }

    @_noLocks
    @inline(__always)
    public static func encodeA(_ sample: Int16) -> UInt8 {
        let sign: UInt8 = sample < 0 ? 0 : 0x80
        let magnitude = UInt16(bitPattern: sample < 0 ? ~sample : sample) &>> 4
        // The first two segments are linear and share a step; each later one begins at a power of two.
        let shift = UInt16(truncatingIfNeeded: 11 &- (magnitude | 0x10).leadingZeroBitCount)
        let segment = magnitude < 0x10 ? 0 : shift &+ 1
        let code = segment &<< 4 | ((magnitude &>> shift) & 0xF)
        return (sign | UInt8(truncatingIfNeeded: code)) ^ 0x55
    }

    @_noLocks
    @inline(__always)
    public static func decodeA(_ code: UInt8) -> Int16 {
        let bits = Int16((code ^ 0x55) & 0x7F)
        let segment = bits &>> 4
        let step = (bits & 0xF) &<< 4 &+ 8
        let magnitude = segment == 0 ? step : (step &+ 0x100) &<< (segment &- 1)
        return code & 0x80 != 0 ? magnitude : 0 &- magnitude
    }

    // MARK: Blocks

    /// Writes one byte per sample.
    @_noLocks
    public static func encode(
        _ source: UnsafePointer<Float>, to codes: UnsafeMutablePointer<UInt8>, count: Int, law: Law
    ) {
        var index = 0
        switch law {
        case .mu:
            while index < count {
                codes[index] = encodeMu(PCM16.sample(source[index]))
                index &+= 1
            }
        case .a:
            while index < count {
                codes[index] = encodeA(PCM16.sample(source[index]))
                index &+= 1
            }
        }
    }

    /// Writes one sample per byte.
    @_noLocks
    public static func decode(
        _ codes: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<Float>, count: Int, law: Law
    ) {
        var index = 0
        switch law {
        case .mu:
            while index < count {
                target[index] = PCM16.value(decodeMu(codes[index]))
                index &+= 1
            }
        case .a:
            while index < count {
                target[index] = PCM16.value(decodeA(codes[index]))
                index &+= 1
            }
        }
    }

    /// Writes one 16-bit sample per byte.
    @_noLocks
    public static func decode(
        _ codes: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<Int16>, count: Int, law: Law
    ) {
        var index = 0
        while index < count {
            target[index] = law == .mu ? decodeMu(codes[index]) : decodeA(codes[index])
            index &+= 1
        }
    }
}
