/// When to connect to the sound server, as a value: events in, one action out. It owns no socket
/// and no clock.
///
///     stopped ─start─► connecting ─ready─► connected
///                       ▲     │ failed, silent   │ lost, hung
///                       └─due─ away ◄────────────┘
struct ServerMachine: Sendable {
    enum State: Sendable, Hashable {
        case stopped
        case away(nextTryNs: UInt64)
        case connecting(deadlineNs: UInt64)
        case connected
    }

    enum Event: Sendable, Hashable {
        case start
        case stop
        case ready
        /// The attempt failed, or the connection is gone.
        case failed
        /// A request or an attempt got no answer in time.
        case silent
        /// Something appeared where the socket belongs.
        case socketAppeared
        /// The time is ``wakeNs``, or later.
        case due
        /// Whether a session needs the server.
        case need(Bool)
    }

    enum Action: Sendable, Hashable {
        case nothing
        case connect
        case disconnect
    }

    static let neededRetryNs: UInt64 = 250_000_000
    static let idleRetryNs: UInt64 = 30_000_000_000
    /// A socket exists a little before its server listens.
    static let eagerRetryNs: UInt64 = 50_000_000
    static let eagerForNs: UInt64 = 2_000_000_000
    static let answerNs: UInt64 = 2_000_000_000

    private(set) var state = State.stopped
    private(set) var isNeeded = false
    private(set) var outages = 0
    private(set) var hangs = 0
    private(set) var attempts = 0
    private(set) var lastOutageNs: UInt64 = 0
    private(set) var totalOutageNs: UInt64 = 0
    /// When the connection was lost that has not come back yet.
    private(set) var lostNs: UInt64?
    private var eagerUntilNs: UInt64 = 0

    /// When to send ``Event/due``; nil for never.
    var wakeNs: UInt64? {
        switch state {
        case .stopped, .connected: nil
        case .away(let nextTryNs): nextTryNs
        case .connecting(let deadlineNs): deadlineNs
        }
    }

    mutating func handle(_ event: Event, nowNs: UInt64) -> Action {
        switch (event, state) {
        case (.start, .stopped):
            return connect(nowNs)
        case (.stop, .stopped):
            return .nothing
        case (.stop, _):
            state = .stopped
            lostNs = nil
            return .disconnect
        case (.need(let needed), _):
            isNeeded = needed
            if case .away(let next) = state {
                guard needed else { return .nothing }
                let soonest = min(next, nowNs)
                state = .away(nextTryNs: soonest)
            }
            return .nothing
        case (.ready, .connecting):
            state = .connected
            if let lostNs {
                lastOutageNs = nowNs - lostNs
                totalOutageNs += lastOutageNs
            }
            lostNs = nil
            return .nothing
        case (.failed, .connecting):
            return giveUp(nowNs)
        case (.silent, .connecting):
            return giveUp(nowNs)
        case (.due, .connecting(let deadlineNs)) where nowNs >= deadlineNs:
            return giveUp(nowNs)
        case (.failed, .connected), (.silent, .connected):
            outages += 1
            if event == .silent { hangs += 1 }
            lostNs = nowNs
            // The successor may be there already, so the first try comes at once.
            state = .away(nextTryNs: event == .silent ? nowNs + Self.neededRetryNs : nowNs)
            return .disconnect
        case (.socketAppeared, .away):
            eagerUntilNs = nowNs + Self.eagerForNs
            return connect(nowNs)
        case (.due, .away(let nextTryNs)) where nowNs >= nextTryNs:
            return connect(nowNs)
        default:
            return .nothing
        }
    }

    private mutating func connect(_ nowNs: UInt64) -> Action {
        attempts += 1
        state = .connecting(deadlineNs: nowNs + Self.answerNs)
        return .connect
    }

    private mutating func giveUp(_ nowNs: UInt64) -> Action {
        let delay =
            nowNs < eagerUntilNs
            ? Self.eagerRetryNs : isNeeded ? Self.neededRetryNs : Self.idleRetryNs
        state = .away(nextTryNs: nowNs + delay)
        return .disconnect
    }
}
