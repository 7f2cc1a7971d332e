/// When a held device gets a stream, and on which device, as a value. It learns which device would
/// be best now (``Event/best``) and says when to open and to close.
///
///     away ─best─► opening ─ready─► running ─ended, stalled─► waiting ─due─► opening
struct DeviceMachine: Sendable {
    enum State: Sendable, Hashable {
        case away
        case opening(device: String, deadlineNs: UInt64)
        case running(device: String, sinceNs: UInt64)
        case waiting(untilNs: UInt64)
    }

    enum Event: Sendable, Hashable {
        /// The best present device; nil without one, or without a server.
        case best(String?)
        case ready
        case ended
        case stalled
        case serverLost
        /// The server says that the stream is elsewhere now. ``isChosen``: somebody
        /// did that on purpose, which holds while the device it came from would be the best.
        case moved(to: String, isChosen: Bool)
        case due
    }

    enum Action: Sendable, Hashable {
        case nothing
        case open(device: String)
        case close
        /// The server does not answer.
        case serverSilent
    }

    static let firstDelayNs: UInt64 = 100_000_000
    static let longestDelayNs: UInt64 = 5_000_000_000
    /// A stream that lived this long was no failure at the start.
    static let provenNs: UInt64 = 1_000_000_000
    static let answerNs: UInt64 = 2_000_000_000

    private(set) var state = State.away
    private(set) var best: String?
    /// Where somebody moved the stream from: the choice holds while that device is the best.
    private(set) var movedFrom: String?
    private(set) var outages = 0
    private(set) var rebuilds = 0
    private(set) var stalls = 0
    private(set) var lastOutageNs: UInt64 = 0
    private(set) var totalOutageNs: UInt64 = 0
    private var lostNs: UInt64?
    private var delayNs: UInt64 = 0
    private var opened = false

    /// All outages, the present one as far as it has come.
    func outageNs(nowNs: UInt64) -> UInt64 {
        totalOutageNs + (lostNs.map { nowNs > $0 ? nowNs - $0 : 0 } ?? 0)
    }

    var wakeNs: UInt64? {
        switch state {
        case .away, .running: nil
        case .opening(_, let deadlineNs): deadlineNs
        case .waiting(let untilNs): untilNs
        }
    }

    mutating func handle(_ event: Event, nowNs: UInt64) -> Action {
        switch event {
        case .best(let device):
            best = device
            return follow(nowNs)
        case .ready:
            guard case .opening(let device, _) = state else { return .nothing }
            state = .running(device: device, sinceNs: nowNs)
            if let lostNs {
                lastOutageNs = nowNs - lostNs
                totalOutageNs += lastOutageNs
            }
            lostNs = nil
            return .nothing
        case .ended, .stalled:
            return lose(stalled: event == .stalled, nowNs)
        case .serverLost:
            best = nil
            movedFrom = nil
            countLoss(nowNs)
            delayNs = 0
            state = .away
            return .close
        case .moved(let device, let isChosen):
            guard case .running(let old, let sinceNs) = state, old != device else {
                return .nothing
            }
            state = .running(device: device, sinceNs: sinceNs)
            movedFrom = isChosen ? (movedFrom ?? old) : nil
            return follow(nowNs)
        case .due:
            switch state {
            case .opening(_, let deadlineNs) where nowNs >= deadlineNs:
                return .serverSilent
            case .waiting(let untilNs) where nowNs >= untilNs:
                state = .away
                return follow(nowNs)
            default:
                return .nothing
            }
        }
    }

    /// Goes to the best device, unless the stream is there, or was moved away from there by
    /// somebody.
    private mutating func follow(_ nowNs: UInt64) -> Action {
        switch state {
        case .waiting:
            return .nothing
        case .away:
            guard let best else { return .nothing }
            return open(best, nowNs)
        case .opening(let device, _), .running(let device, _):
            if let movedFrom, movedFrom == best { return .nothing }
            movedFrom = nil
            guard device != best else { return .nothing }
            countLoss(nowNs)
            guard let best else {
                state = .away
                return .close
            }
            return open(best, nowNs)
        }
    }

    private mutating func open(_ device: String, _ nowNs: UInt64) -> Action {
        if opened { rebuilds += 1 }
        opened = true
        movedFrom = nil
        state = .opening(device: device, deadlineNs: nowNs + Self.answerNs)
        return .open(device: device)
    }

    private mutating func lose(stalled: Bool, _ nowNs: UInt64) -> Action {
        if stalled { stalls += 1 }
        if case .running(_, let sinceNs) = state, nowNs >= sinceNs + Self.provenNs { delayNs = 0 }
        countLoss(nowNs)
        movedFrom = nil
        // The first time at once: what was killed by accident is back before anybody notices.
        let wait = delayNs
        delayNs = min(max(delayNs * 2, Self.firstDelayNs), Self.longestDelayNs)
        state = .waiting(untilNs: nowNs + wait)
        return .close
    }

    private mutating func countLoss(_ nowNs: UInt64) {
        guard case .running = state else { return }
        outages += 1
        lostNs = nowNs
    }
}
