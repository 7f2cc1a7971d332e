/// How much faster one clock runs than another, learned from moments at which both were read.
/// [one thread, real-time safe]
///
/// The slope of the straight line, by least squares, through what the one clock is ahead of the other;
/// a moment counts less the longer ago it is. Where a clock stood still or was set, it begins anew.
public struct ClockSkew: Sendable {
    /// Not used at the beginning of a stream: buffers fill then.
    private static var settlingS: Double { @_noLocks get { 2 } }
    /// After so long a moment counts a third of what it did.
    private static var memoryS: Double { @_noLocks get { 900 } }
    /// A figure that may be wrong by more is noise. Crystals differ by some 10 to 100.
    private static var tolerancePpm: Double { @_noLocks get { 20 } }

    /// From one moment to the next no clock is off by so much.
    private let jumpS: Double
    private let leastS: Double
    private var hasBegun = false
    private var startS = 0.0
    private var startAheadS = 0.0
    /// Since the start.
    private var lastS = 0.0
    private var lastAheadS = 0.0
    // Weighted sums over time t and lead x, both since the start.
    private var weight = 0.0
    private var sumT = 0.0
    private var sumX = 0.0
    private var sumTT = 0.0
    private var sumTX = 0.0
    private var sumXX = 0.0

    /// - Parameters:
    ///   - jumpMs: by which the lead may change at most between two moments.
    ///   - leastSeconds: before so much time nothing is said.
    @_noLocks
    public init(jumpMs: Int, leastSeconds: Int) {
        jumpS = Double(jumpMs) / 1_000
        leastS = Double(leastSeconds)
    }

    /// At one moment the clock in question showed `timeS` and the one that it is held against
    /// `referenceS`, both in seconds.
    @_noLocks
    public mutating func note(_ timeS: Double, at referenceS: Double) {
        let aheadS = timeS - referenceS
        guard hasBegun, abs(aheadS - startAheadS - lastAheadS) < jumpS, referenceS >= startS + lastS
        else { return begin(referenceS, aheadS) }
        let t = referenceS - startS
        let x = aheadS - startAheadS
        let keep = max(0, 1 - (t - lastS) / Self.memoryS)
        lastS = t
        lastAheadS = x
        guard t >= Self.settlingS else { return }
        weight = weight * keep + 1
        sumT = sumT * keep + t
        sumX = sumX * keep + x
        sumTT = sumTT * keep + t * t
        sumTX = sumTX * keep + t * x
        sumXX = sumXX * keep + x * x
    }

    /// What comes has nothing to do with what was.
    @_noLocks
    public mutating func restart() { hasBegun = false }

    /// Parts in a million by which the clock is faster; nil while that is not known well enough.
    public var ppm: Double? {
        @_noLocks get {
            guard hasBegun, lastS >= leastS, weight > 10 else { return nil }
            let tt = sumTT - sumT * sumT / weight
            let tx = sumTX - sumT * sumX / weight
            let xx = sumXX - sumX * sumX / weight
            guard tt > 0 else { return nil }
            let slope = tx / tt
            // Squared, since a root is a call that @_noLocks does not know.
            let error = max(0, xx - slope * tx) / (weight - 2) / tt
            let tolerance = Self.tolerancePpm / 1e6
            return error <= tolerance * tolerance ? slope * 1e6 : nil
        }
    }

    @_noLocks
    private mutating func begin(_ referenceS: Double, _ aheadS: Double) {
        hasBegun = true
        startS = referenceS
        startAheadS = aheadS
        lastS = 0
        lastAheadS = 0
        weight = 0
        sumT = 0
        sumX = 0
        sumTT = 0
        sumTX = 0
        sumXX = 0
    }
}
