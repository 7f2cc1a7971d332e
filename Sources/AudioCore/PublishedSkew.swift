import Synchronization

/// A skew that one thread tells and any asks for.
public struct PublishedSkew: ~Copyable, Sendable {
    /// In parts in a thousand million; `Int.min`: not known.
    private let ppb = Atomic<Int>(Int.min)

    public init() {}

    /// [one writer, real-time safe]
    @_noLocks
    public func publish(_ skew: borrowing ClockSkew) {
        if let ppm = skew.ppm, abs(ppm) < 1e9 {
            ppb.store(Int(ppm * 1_000), ordering: .relaxed)
        } else {
            ppb.store(Int.min, ordering: .relaxed)
        }
    }

    /// nil while it is not known. [any thread]
    public var ppm: Double? {
        let value = ppb.load(ordering: .relaxed)
        return value == Int.min ? nil : Double(value) / 1_000
    }
}
