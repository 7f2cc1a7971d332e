/// How often and how long a session was without the connection that it had.
struct SessionOutages: Sendable {
    private(set) var count = 0
    private var endedNs: UInt64 = 0
    private var beganNs: UInt64?
    private var isConnected = false

    mutating func note(_ state: SessionLifecycle.State, nowNs: UInt64) {
        switch state {
        case .connected:
            endCurrent(nowNs)
            isConnected = true
        case .reconnecting, .failed:
            guard isConnected else { return }
            isConnected = false
            count += 1
            beganNs = nowNs
        // Asked for by somebody.
        case .connecting, .disconnecting, .closed:
            isConnected = false
            endCurrent(nowNs)
        }
    }

    /// All outages, the present one as far as it has come.
    func totalMs(nowNs: UInt64) -> Int {
        Int((endedNs + (beganNs.map { nowNs > $0 ? nowNs - $0 : 0 } ?? 0)) / 1_000_000)
    }

    private mutating func endCurrent(_ nowNs: UInt64) {
        guard let beganNs else { return }
        endedNs += nowNs > beganNs ? nowNs - beganNs : 0
        self.beganNs = nil
    }
}
