/// How much earlier than needed packets have come: the smallest margin of the last seconds.
/// [one thread, real-time safe]
///
/// While even the latest packet of several seconds had more margin than the target, the delay is longer
/// than the network asks for.
struct DelayWatch: Sendable {
    // Minima of whole windows of a second, the newest first, and of the one that runs.
    private var w0 = Int64.max
    private var w1 = Int64.max
    private var w2 = Int64.max
    private var w3 = Int64.max
    private var current = Int64.max
    private var windowStart: Int64 = 0
    private var windows = 0
    private let windowSamples: Int64

    @_noLocks
    init(rateHz: Int) { windowSamples = Int64(rateHz) }

    @_noLocks
    mutating func note(margin: Int64, now: Int64) {
        if now &- windowStart >= windowSamples {
            w3 = w2
            w2 = w1
            w1 = w0
            w0 = current
            current = Int64.max
            windowStart = now
            windows = windows < 4 ? windows &+ 1 : 4
        }
        current = min(current, margin)
    }

    /// Over the running second and the whole one before; nil before there was one.
    var recent: Int64? { @_noLocks get { windows > 1 ? bounded(min(current, w0)) : nil } }

    /// Over four to five seconds; nil before that time is over.
    var long: Int64? {
        @_noLocks get { windows > 3 ? bounded(min(min(current, w0), min(w1, min(w2, w3)))) : nil }
    }

    /// A second without packets says nothing.
    @_noLocks
    private func bounded(_ margin: Int64) -> Int64? { margin == Int64.max ? nil : margin }

    /// The delay has changed by `samples`, and so have all margins.
    @_noLocks
    mutating func shift(by samples: Int64) {
        if w0 != .max { w0 &+= samples }
        if w1 != .max { w1 &+= samples }
        if w2 != .max { w2 &+= samples }
        if w3 != .max { w3 &+= samples }
        if current != .max { current &+= samples }
    }

    @_noLocks
    mutating func restart(now: Int64) {
        w0 = .max
        w1 = .max
        w2 = .max
        w3 = .max
        current = .max
        windows = 0
        windowStart = now
    }
}
