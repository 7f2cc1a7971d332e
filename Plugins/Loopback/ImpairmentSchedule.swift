/// A bad network: says when what was sent at one end comes out at the other, if it does.
///
/// Pure: time comes in, times come out. Every frame draws the same count of random numbers, so changing
/// one percentage does not change what befalls the frames by the others.
struct ImpairmentSchedule {
    struct Settings: Equatable {
        var delayNs: UInt64 = 0
        /// Added to the delay, evenly spread from 0 to this. It alone does not reorder.
        var jitterNs: UInt64 = 0
        var lossPercent = 0.0
        var duplicatePercent = 0.0
        /// Frames that the one behind them overtakes.
        var reorderPercent = 0.0

        var isClean: Bool { self == Settings() }
    }

    /// When a frame comes out: not at all, once or twice.
    struct Arrivals: Equatable {
        var firstNs: UInt64?
        var secondNs: UInt64?
    }

    let settings: Settings
    private var random: SplitMix64
    private var lastNs: UInt64 = 0

    init(_ settings: Settings, seed: UInt64) {
        self.settings = settings
        random = SplitMix64(seed: seed)
    }

    /// `durationNs` is the length of the frame: what is late for order's sake is late by one and a half.
    mutating func arrivals(sentNs: UInt64, durationNs: UInt64) -> Arrivals {
        let jitter = random.unit()
        let isLost = random.unit() * 100 < settings.lossPercent
        let isReordered = random.unit() * 100 < settings.reorderPercent
        let isDuplicated = random.unit() * 100 < settings.duplicatePercent
        let echo = random.unit()
        guard !isLost else { return Arrivals() }
        var firstNs = sentNs + settings.delayNs + UInt64(jitter * Double(settings.jitterNs))
        firstNs = max(firstNs, lastNs)
        if isReordered {
            firstNs += durationNs * 3 / 2
        } else {
            lastNs = firstNs
        }
        let secondNs = isDuplicated ? firstNs + UInt64(echo * Double(durationNs)) : nil
        return Arrivals(firstNs: firstNs, secondNs: secondNs)
    }
}
