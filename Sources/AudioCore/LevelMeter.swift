import Glibc

/// What a meter shows. Full scale is a peak of 1; a full-scale sine has an RMS of -3 dBFS.
public struct LevelReading: Sendable, Equatable {
    /// Largest magnitude, held and falling by the meter's decay.
    public var peak: Float
    /// Mean of the squares over the last full window.
    public var meanSquare: Float

    @_noLocks
    public init(peak: Float = 0, meanSquare: Float = 0) {
        self.peak = peak
        self.meanSquare = meanSquare
    }

    /// What silence and everything below it is shown as.
    public static var floorDbfs: Float { @_noLocks get { -120 } }

    /// [not real-time safe]
    public var peakDbfs: Float { peak > 1e-6 ? 20 * log10f(peak) : Self.floorDbfs }
    /// [not real-time safe]
    public var rmsDbfs: Float { meanSquare > 1e-12 ? 10 * log10f(meanSquare) : Self.floorDbfs }
}

/// Measures peak and RMS of a signal over windows of fixed length. [one thread, real-time safe]
public struct LevelMeter: Sendable {
    /// What the last full window said.
    public private(set) var reading = LevelReading()

    private let windowCount: Int
    private let decayPerWindow: Float
    private var seen = 0
    private var peak: Float = 0
    private var sum: Float = 0

    /// - Parameters:
    ///   - windowMs: length of a window.
    ///   - decayDbPerSecond: how fast the shown peak falls; the scale of IEC 60268-18 is 20 dB in 1.7 s.
    public init(rateHz: Int, windowMs: Int = 50, decayDbPerSecond: Float = 11.8) {
        windowCount = max(1, rateHz * windowMs / 1_000)
        decayPerWindow = powf(10, -decayDbPerSecond * Float(windowMs) / 20_000)
    }

    /// - Returns: whether a window ended, so that ``reading`` is new.
    @_noLocks
    @discardableResult
    public mutating func measure(_ samples: UnsafePointer<Float>, count: Int) -> Bool {
        var index = 0
        var isNew = false
        while index < count {
            let end = min(count, index &+ windowCount &- seen)
            seen &+= end &- index
            while index < end {
                let sample = samples[index]
                let size = sample < 0 ? -sample : sample
                peak = size > peak ? size : peak
                sum += sample * sample
                index &+= 1
            }
            if seen == windowCount {
                let fallen = reading.peak * decayPerWindow
                reading = LevelReading(
                    peak: peak > fallen ? peak : fallen, meanSquare: sum / Float(windowCount))
                seen = 0
                peak = 0
                sum = 0
                isNew = true
            }
        }
        return isNew
    }

    /// Forgets everything.
    @_noLocks
    public mutating func reset() {
        reading = LevelReading()
        seen = 0
        peak = 0
        sum = 0
    }
}
