import EventLoop
import MediaEngine
import Synchronization

/// What sessions that are over have counted.
@LoopActor
struct EndedSessions {
    private(set) var count = 0
    private(set) var counters = SessionCounters()
    private(set) var packetsLost = 0

    mutating func add(_ session: Session) {
        count += 1
        counters.add(session.counters)
        packetsLost += session.media.meters.packetsLost.load(ordering: .relaxed)
    }
}
