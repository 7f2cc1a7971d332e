/// Adds signals. [real-time safe]
public enum Mixer {
    /// `target += source * gain`.
    @_noLocks
    public static func add(
        _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int,
        gain: Float = 1
    ) {
        var index = 0
        while index < count {
            target[index] += source[index] * gain
            index &+= 1
        }
    }

    /// Sets `count` samples to 0.
    @_noLocks
    public static func silence(_ target: UnsafeMutablePointer<Float>, count: Int) {
        var index = 0
        while index < count {
            target[index] = 0
            index &+= 1
        }
    }

    /// Keeps a sum of signals within -1 to 1. Below 0.8 (-2 dBFS) nothing is touched; above, the curve
    /// bends with a continuous slope and reaches 1 at infinity only. One signal alone needs no limit.
    @_noLocks
    public static func limit(_ samples: UnsafeMutablePointer<Float>, count: Int) {
        let knee: Float = 0.8
        let rest: Float = 1 - knee
        var index = 0
        while index < count {
            let sample = samples[index]
            let size = sample < 0 ? -sample : sample
            if size > knee {
                // x / (1 + x), written so that infinity gives 1.
                let bent = knee + rest * (1 - 1 / (1 + (size - knee) / rest))
                samples[index] = sample < 0 ? -bent : bent
            }
            index &+= 1
        }
    }
}
