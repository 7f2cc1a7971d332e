import ParleyTransport

/// When the fake peer lets a connection stand, and when it ends it. Pure.
struct ConnectionPlan {
    enum Step: Equatable {
        case askSecret(String)
        case connected
        case end(DisconnectReason)
        case crash
        case hang
    }

    private enum Phase { case connecting, waitingForSecret, connected }

    private let options: LoopbackOptions
    private var phase = Phase.connecting
    private var connectNs: UInt64
    /// Sorted, soonest first.
    private var steps: [(dueNs: UInt64, step: Step)] = []

    init(_ options: LoopbackOptions, nowNs: UInt64) {
        self.options = options
        connectNs = nowNs + options.connectDelayNs
        if let secret = options.needSecret {
            phase = .waitingForSecret
            add(.askSecret(secret), nowNs)
        } else {
            addConnect()
        }
    }

    var nextDueNs: UInt64? { steps.first?.dueNs }

    mutating func removeDue(nowNs: UInt64) -> Step? {
        guard let first = steps.first, first.dueNs <= nowNs else { return nil }
        steps.removeFirst()
        if first.step == .connected { stand(nowNs: nowNs) }
        return first.step
    }

    mutating func secretArrived(_ isThere: Bool, nowNs: UInt64) {
        guard phase == .waitingForSecret else { return }
        phase = .connecting
        guard isThere else {
            add(
                .end(
                    DisconnectReason(
                        .never, code: "secret_missing",
                        message: "there is no secret '\(options.needSecret ?? "")'")), nowNs)
            return
        }
        connectNs = max(connectNs, nowNs)
        addConnect()
    }

    private mutating func addConnect() {
        if let reason = options.refuse {
            add(.end(DisconnectReason(.never, code: "refused", message: reason)), connectNs)
        } else {
            add(.connected, connectNs)
        }
    }

    private mutating func stand(nowNs: UInt64) {
        phase = .connected
        if let afterNs = options.disconnectAfterNs {
            let reason = Self.disconnect(options.disconnectRetry, "the peer ended the connection")
            add(.end(reason), nowNs + afterNs)
        }
        if let afterNs = options.crashAfterNs { add(.crash, nowNs + afterNs) }
        if let afterNs = options.hangAfterNs { add(.hang, nowNs + afterNs) }
    }

    private mutating func add(_ step: Step, _ dueNs: UInt64) {
        let place = steps.firstIndex { $0.dueNs > dueNs } ?? steps.endIndex
        steps.insert((dueNs, step), at: place)
    }

    static func disconnect(_ retry: LoopbackOptions.Retry, _ message: String) -> DisconnectReason {
        switch retry {
        case .now: DisconnectReason(.now, code: "connection_lost", message: message)
        case .later: DisconnectReason(.later(afterMs: 1000), code: "busy", message: message)
        case .never: DisconnectReason(.never, code: "refused", message: message)
        case .ended: DisconnectReason(.ended, code: "hung_up", message: message)
        }
    }
}
