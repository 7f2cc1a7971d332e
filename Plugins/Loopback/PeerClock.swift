/// A peer whose clock runs fast or slow: it sends a frame each time its own clock says so, and when it
/// has gained or lost a whole frame against ours it repeats one or leaves one out.
struct PeerClock {
    /// How long after its arrival a frame is sent: once, twice, or not at all.
    struct Departures: Equatable {
        var firstDelayNs: UInt64?
        var secondDelayNs: UInt64?
    }

    /// Above 0: the peer is fast.
    let driftPpm: Double
    /// How far the peer's next tick lies behind the arrival of the frame that it takes.
    private var slackNs: Int64 = 0

    init(driftPpm: Double) { self.driftPpm = driftPpm }

    mutating func frame(durationNs: UInt64) -> Departures {
        guard driftPpm != 0 else { return Departures(firstDelayNs: 0) }
        let periodNs = Int64(durationNs)
        slackNs -= Int64((Double(durationNs) * driftPpm / 1_000_000).rounded())
        if slackNs >= periodNs {
            slackNs -= periodNs
            return Departures()
        }
        if slackNs < 0 {
            slackNs += periodNs
            return Departures(firstDelayNs: 0, secondDelayNs: UInt64(max(0, slackNs)))
        }
        return Departures(firstDelayNs: UInt64(slackNs))
    }
}
