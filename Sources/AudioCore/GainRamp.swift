/// A gain that moves to its target without a click. [one thread, real-time safe]
///
/// The raised-cosine shape is drawn by the cubic 3x^2 - 2x^3, which differs from it by at most 1 % and
/// needs no trigonometry.
public struct GainRamp: Sendable {
    public enum Shape: Sendable {
        case linear, raisedCosine
    }

    /// The gain that the ramp ends at.
    public private(set) var target: Float

    private let shape: Shape
    private var start: Float
    private var position = 0
    private var length = 0

    @_noLocks
    public init(gain: Float = 1, shape: Shape = .raisedCosine) {
        self.shape = shape
        target = gain
        start = gain
    }

    /// Whether the gain still moves.
    public var isMoving: Bool { @_noLocks get { position < length } }

    /// The gain of the next sample.
    public var gain: Float {
        @_noLocks get {
            guard position < length else { return target }
            let x = Float(position) / Float(length)
            let weight =
                switch shape {
                case .linear: x
                case .raisedCosine: x * x * (3 - 2 * x)
                }
            return start + (target - start) * weight
        }
    }

    /// Moves from the present gain to `gain` over `count` samples; 0 is at once.
    @_noLocks
    public mutating func move(to gain: Float, over count: Int) {
        start = self.gain
        target = gain
        position = 0
        length = count > 0 ? count : 0
    }

    /// Multiplies `count` samples in place. A gain of 1 leaves every bit as it is.
    @_noLocks
    public mutating func apply(to samples: UnsafeMutablePointer<Float>, count: Int) {
        var index = 0
        while index < count, position < length {
            samples[index] *= gain
            index &+= 1
            position &+= 1
        }
        guard target != 1 else { return }
        let rest = target
        while index < count {
            samples[index] *= rest
            index &+= 1
        }
    }
}
