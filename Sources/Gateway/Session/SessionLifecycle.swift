/// The life of a session as a value: what happened goes in, what to do comes out, time is a
/// parameter.
///
/// ```
///            ┌──────────────── retry due ◄─────────────┐
///            ▼                                         │
///        connecting ──connected──► connected ──lost──► reconnecting
///            │  └──lost, may retry───────────────────────▲    │
///            │                         │                      │
///            └──fatal──► failed        └──close──► disconnecting ──► closed
/// ```
/// Only this decides to connect again; plugins report what broke and whether trying makes sense.
struct SessionLifecycle {
    enum State: Equatable, CaseIterable {
        case connecting
        case connected
        case reconnecting
        case disconnecting
        case failed
        case closed
    }

    /// Why a connection ended.
    struct Disconnect: Equatable {
        enum Retry: Equatable { case now, later(afterMs: Int), never, ended }
        var retry: Retry
        /// Stable word for programs, such as `unauthorized`.
        var code: String?
        /// Sentence for people.
        var reason: String?
        /// It was the plugin's host that died, not the peer or the way to it.
        var isHosts = false
    }

    enum Event {
        case connected
        case lost(Disconnect)
        case retryDue
        case close
        /// The plugin let go of the session, or there is no host to wait for.
        case released
    }

    enum Action: Equatable {
        /// Ask the plugin to connect. `resume`: go on with the conversation.
        case connect(resume: Bool, attempt: Int)
        /// Call back with `retryDue` at this time.
        case retry(atNs: UInt64)
        /// Stop playing what the lost connection had sent.
        case flush
        /// Ask the plugin to hang up, then let go.
        case disconnect
        /// Let go of the plugin: nothing more is wanted of it.
        case release
        case announce(State, Disconnect?)
    }

    private(set) var state = State.connecting
    private(set) var attempt = 1
    private(set) var wasConnected = false
    /// The last reason, kept while reconnecting and after the end.
    private(set) var lastDisconnect: Disconnect?
    private var connectedAtNs: UInt64 = 0
    let policy: ReconnectPolicy

    init(policy: ReconnectPolicy) { self.policy = policy }

    /// What to do at the very start.
    func start() -> [Action] { [.announce(.connecting, nil), .connect(resume: false, attempt: 1)] }

    /// Begins anew on request, from any state; the old connection is gone.
    mutating func restart() -> [Action] {
        let resume = wasConnected
        state = .connecting
        attempt = 1
        lastDisconnect = nil
        return [.announce(.connecting, nil), .connect(resume: resume, attempt: 1)]
    }

    /// - Parameter jitter: 0 to 1, from the caller's random numbers.
    mutating func handle(_ event: Event, nowNs: UInt64, jitter: Double) -> [Action] {
        switch (state, event) {
        case (.connecting, .connected), (.reconnecting, .connected):
            state = .connected
            wasConnected = true
            connectedAtNs = nowNs
            lastDisconnect = nil
            return [.announce(.connected, nil)]

        case (.connecting, .lost(let why)), (.connected, .lost(let why)),
            (.reconnecting, .lost(let why)):
            return lose(why, nowNs: nowNs, jitter: jitter)

        case (.reconnecting, .retryDue):
            return [.connect(resume: wasConnected, attempt: attempt)]

        case (.connecting, .close), (.connected, .close), (.reconnecting, .close):
            state = .disconnecting
            return [.announce(.disconnecting, nil), .flush, .disconnect]

        case (.disconnecting, .lost), (.disconnecting, .released):
            state = .closed
            return [.release, .announce(.closed, nil)]

        case (.failed, .close):
            state = .closed
            return [.release, .announce(.closed, lastDisconnect)]

        case (_, .connected), (_, .lost), (_, .retryDue), (_, .close), (_, .released):
            return []
        }
    }

    private mutating func lose(_ why: Disconnect, nowNs: UInt64, jitter: Double) -> [Action] {
        // A connection that held for a while was good: the next failure starts afresh.
        if state == .connected {
            let settledNs = why.isHosts ? ReconnectPolicy.hostSettledNs : policy.settledNs
            attempt = nowNs - connectedAtNs >= settledNs ? 1 : attempt + 1
        } else {
            attempt += 1
        }
        lastDisconnect = why
        switch why.retry {
        case .ended:
            state = .closed
            return [.flush, .release, .announce(.closed, why)]
        case .never:
            return fail(why)
        case .now, .later:
            // The first connection of all is not retried unless the policy says so: a caller that
            // waits wants to know.
            guard policy.allows(attempt: attempt) else { return fail(why) }
            var delayNs = policy.delayNs(attempt: attempt, jitter: jitter)
            if case .later(let afterMs) = why.retry {
                delayNs = max(delayNs, UInt64(max(0, afterMs)) * 1_000_000)
            }
            state = .reconnecting
            return [.flush, .announce(.reconnecting, why), .retry(atNs: nowNs + delayNs)]
        }
    }

    private mutating func fail(_ why: Disconnect) -> [Action] {
        state = .failed
        return [.flush, .release, .announce(.failed, why)]
    }
}
