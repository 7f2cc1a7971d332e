import CNice
import Glibc
import ParleyTransport

/// GLib's main context, turned by the host's loop: libnice's sockets are watched there and its timers
/// armed there, so no thread exists and nothing wakes but what ICE has to do.
///
/// One serves all agents of a plugin. It runs on the loop of any of them; when that agent goes, on the
/// loop of another one.
///
/// GLib thinks in rounds: prepare, query what to poll, poll, check, dispatch. Here a round is left open
/// after the query; the poll is the host's. Whatever wakes it ends the round and opens the next.
@TransportActor
public final class ICEContext {
    let raw: OpaquePointer
    private var loops: [(owner: ObjectIdentifier, loop: HostLoop)] = []
    private var polled: [GPollFD] = []
    private var room = [GPollFD](repeating: GPollFD(), count: 32)
    private var watches: [CInt: HostLoop.Watch] = [:]
    private var timer: HostLoop.Timer?
    /// Fires when the host's loop has told of every descriptor that is ready: one round is for all.
    private var batchTimer: HostLoop.Timer?
    private var isBatchOpen = false
    private var dueNs: UInt64?
    private var priority: gint = 0
    private var isTurning = false
    /// A descriptor that was closed has left the host's set without a word, and a new socket may have its
    /// number: whatever opens or closes sockets asks for all watches anew.
    var mustWatchAnew = false
    private var mustTurn = false
    private var newestSource: guint = 0

    public init() {
        guard let raw = g_main_context_new() else {
            preconditionFailure("GLib ends the process when it has no memory")
        }
        self.raw = raw
        // Owned for good by this thread, so that GLib does not ring for what this thread itself adds.
        g_main_context_acquire(raw)
    }

    isolated deinit {
        for watch in watches.values { watch.cancel() }
        g_main_context_release(raw)
        g_main_context_unref(raw)
    }

    /// An agent that has `loop` begins.
    func add(_ owner: ObjectIdentifier, _ loop: HostLoop) {
        loops.append((owner, loop))
        mustWatchAnew = true
        if loops.count == 1 { move() }
    }

    /// It is gone, and its loop with it.
    func remove(_ owner: ObjectIdentifier) {
        let first = loops.first?.owner
        loops.removeAll { $0.owner == owner }
        mustWatchAnew = true
        if first == owner { move() } else { turn() }
    }

    private func move() {
        for watch in watches.values { watch.cancel() }
        watches = [:]
        polled = []
        timer = loops.first?.loop.timer { [weak self] in
            self?.dueNs = nil
            self?.turn()
        }
        dueNs = nil
        isBatchOpen = false
        batchTimer = loops.first?.loop.timer { [weak self] in
            self?.isBatchOpen = false
            self?.turn()
        }
        turn()
    }

    // MARK: Rounds

    /// Ends the round and opens the next; to be called after everything that may give libnice something
    /// to wait for.
    func turn() {
        mustTurn = true
        guard !isTurning else { return }
        isTurning = true
        defer { isTurning = false }
        // What is due at once gets its turn at once, but not for ever: others share the thread.
        for _ in 0..<8 where mustTurn {
            mustTurn = false
            endRound()
            mustTurn = openRound() || mustTurn
        }
        if mustTurn { timer?.arm(afterNs: 0) }
    }

    private func ready(_ fd: CInt, _ readiness: HostLoop.Readiness) {
        var events: gushort = 0
        if readiness.contains(.read) { events |= 1 }
        if readiness.contains(.write) { events |= 4 }
        // Whoever reads or writes learns what is wrong.
        if readiness.contains(.error) { events |= 1 | 4 | 8 | 16 }
        for index in polled.indices where polled[index].fd == fd {
            polled[index].revents = events & (polled[index].events | 8 | 16)
        }
        guard !isBatchOpen else { return }
        isBatchOpen = true
        batchTimer?.arm(afterNs: 0)
    }

    private func endRound() {
        let count = gint(polled.count)
        let isReady = polled.withUnsafeMutableBufferPointer {
            g_main_context_check(raw, priority, $0.baseAddress, count)
        }
        if isReady != 0 { g_main_context_dispatch(raw) }
    }

    /// - Returns: whether something is due already.
    private func openRound() -> Bool {
        g_main_context_prepare(raw, &priority)
        var timeoutMs: gint = -1
        var count = Int(query(&timeoutMs))
        if count > room.count {
            room = [GPollFD](repeating: GPollFD(), count: count * 2)
            count = Int(query(&timeoutMs))
        }
        for index in 0..<count { room[index].revents = 0 }
        if mustWatchAnew || !isPolled(count) { watch(room[..<count]) }
        for index in 0..<count { polled[index].revents = 0 }
        arm(timeoutMs)
        return timeoutMs == 0
    }

    private func query(_ timeoutMs: inout gint) -> gint {
        let count = gint(room.count)
        return room.withUnsafeMutableBufferPointer {
            g_main_context_query(raw, priority, &timeoutMs, $0.baseAddress, count)
        }
    }

    private func isPolled(_ count: Int) -> Bool {
        guard polled.count == count else { return false }
        for index in 0..<count
        where polled[index].fd != room[index].fd || polled[index].events != room[index].events {
            return false
        }
        return true
    }

    /// Watches these descriptors and no others.
    private func watch(_ wanted: ArraySlice<GPollFD>) {
        polled = Array(wanted)
        mustWatchAnew = false
        silenceBells()
        var interests: [CInt: HostLoop.Readiness] = [:]
        for entry in wanted {
            var interest = interests[entry.fd] ?? []
            if entry.events & 1 != 0 { interest.insert(.read) }
            if entry.events & 4 != 0 { interest.insert(.write) }
            interests[entry.fd] = interest
        }
        for (fd, watch) in watches where interests[fd] == nil {
            watch.cancel()
            watches[fd] = nil
        }
        guard let loop = loops.first?.loop else { return }
        for (fd, interest) in interests {
            if let watch = watches[fd] {
                try? watch.setInterest(interest)
            } else {
                watches[fd] = try? loop.watch(fd, for: interest) { [weak self] in
                    self?.ready(fd, $0)
                }
            }
        }
    }

    /// GLib takes a source out of its poll set while it is dispatched and rings its own bell about it,
    /// twice a datagram, unless the source may be dispatched again meanwhile. Rounds don't nest here, so
    /// all may.
    private func silenceBells() {
        guard let last = g_idle_source_new() else { return }
        let end = g_source_attach(last, raw)
        g_source_destroy(last)
        g_source_unref(last)
        while newestSource + 1 < end {
            newestSource += 1
            if let source = g_main_context_find_source_by_id(raw, newestSource) {
                g_source_set_can_recurse(source, 1)
            }
        }
        newestSource = end
    }

    /// A timer that fires too early does no harm, so one that is armed for an earlier time stays.
    private func arm(_ timeoutMs: gint) {
        guard timeoutMs >= 0 else {
            timer?.cancel()
            dueNs = nil
            return
        }
        let now = Self.nowNs
        let due = now + UInt64(timeoutMs) * 1_000_000
        if let dueNs, dueNs <= due, dueNs > now { return }
        dueNs = due
        timer?.arm(afterNs: due - now)
    }

    private static var nowNs: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
