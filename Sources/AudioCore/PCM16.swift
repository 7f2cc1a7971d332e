/// Conversion between `Float` sound, nominally -1 to 1, and 16-bit samples. [real-time safe]
///
/// One unit is 1/32768. Towards integers values are rounded to the nearest, ties to even, and
/// saturated; a NaN becomes 0. The loops have no branches and no calls, so they vectorise.
public enum PCM16 {
    /// The nearest 16-bit sample.
    @_noLocks
    @inline(__always)
    public static func sample(_ value: Float) -> Int16 {
        let scaled = value * 32_768
        let number = scaled == scaled ? scaled : 0
        let low = number > -32_768 ? number : -32_768
        let bounded = low < 32_767 ? low : 32_767
        // Adding 1.5 * 2^23 leaves the rounded number in the low bits of the mantissa.
        return Int16(truncatingIfNeeded: (bounded + 12_582_912).bitPattern)
    }

    @_noLocks
    @inline(__always)
    public static func value(_ sample: Int16) -> Float { Float(sample) * (1 / 32_768) }

    /// Converts to samples of this machine.
    @_noLocks
    public static func convert(
        _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Int16>, count: Int
    ) {
        var index = 0
        while index < count {
            target[index] = sample(source[index])
            index &+= 1
        }
    }

    @_noLocks
    public static func convert(
        _ source: UnsafePointer<Int16>, to target: UnsafeMutablePointer<Float>, count: Int
    ) {
        var index = 0
        while index < count {
            target[index] = value(source[index])
            index &+= 1
        }
    }

    /// Writes `count` samples as `2 * count` bytes, little endian; no alignment is needed.
    @_noLocks
    public static func encode(
        _ source: UnsafePointer<Float>, to bytes: UnsafeMutablePointer<UInt8>, count: Int
    ) {
        var index = 0
        while index < count {
            let bits = UInt16(bitPattern: sample(source[index]))
            bytes[2 &* index] = UInt8(truncatingIfNeeded: bits)
            bytes[2 &* index &+ 1] = UInt8(truncatingIfNeeded: bits &>> 8)
            index &+= 1
        }
    }

    /// Reads `count` samples from `2 * count` bytes, little endian; no alignment is needed.
    @_noLocks
    public static func decode(
        _ bytes: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<Float>, count: Int
    ) {
        var index = 0
        while index < count {
            let bits = UInt16(bytes[2 &* index]) | UInt16(bytes[2 &* index &+ 1]) &<< 8
            target[index] = value(Int16(bitPattern: bits))
            index &+= 1
        }
    }

    /// Reads samples of this machine from little-endian bytes; no alignment is needed.
    @_noLocks
    public static func decode(
        _ bytes: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<Int16>, count: Int
    ) {
        var index = 0
        while index < count {
            let bits = UInt16(bytes[2 &* index]) | UInt16(bytes[2 &* index &+ 1]) &<< 8
            target[index] = Int16(bitPattern: bits)
            index &+= 1
        }
    }
}
