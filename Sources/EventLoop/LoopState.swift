/// What the loop waits for. Only ``EventLoop`` touches it.
@LoopActor
final class LoopState {
    var isRunning = false
    private var watches: [UInt64: WeakWatch] = [:]
    private var lastToken: UInt64 = 0
    /// Sorted by deadline, soonest last; few at a time.
    private var timers: [LoopTimer] = []

    private struct WeakWatch { weak var watch: Watch? }

    nonisolated init() {}

    func nextToken() -> UInt64 {
        lastToken += 1
        return lastToken
    }

    func add(_ watch: Watch) { watches[watch.token] = WeakWatch(watch: watch) }
    func remove(token: UInt64) { watches[token] = nil }

    /// A token whose watch was cancelled earlier in the same turn is unknown, and passed over.
    func dispatch(token: UInt64, ready: Readiness) {
        guard let watch = watches[token]?.watch else { return }
        watch.handler(ready)
    }

    func add(_ timer: LoopTimer) {
        let place = timers.firstIndex { $0.deadlineNs <= timer.deadlineNs } ?? timers.endIndex
        timers.insert(timer, at: place)
    }

    /// Milliseconds to the next timer, rounded up; -1 for never.
    func timeoutMs(nowNs: UInt64) -> CInt {
        while let last = timers.last, last.isCancelled { timers.removeLast() }
        guard let next = timers.last else { return -1 }
        guard next.deadlineNs > nowNs else { return 0 }
        return CInt(clamping: (next.deadlineNs - nowNs + 999_999) / 1_000_000)
    }

    func fireTimers(nowNs: UInt64) {
        while let next = timers.last, next.deadlineNs <= nowNs || next.isCancelled {
            timers.removeLast()
            next.fire()
        }
    }
}
