/// Runs a script: triggers put actions on a list, time takes them off. Pure.
struct ScriptRunner {
    static let waitingMax = 10_000

    private struct Waiting {
        let dueNs: UInt64
        let action: LoopbackScript.Action
    }

    let script: LoopbackScript
    private var timesLeft: [Int?]
    /// Sorted, soonest first; of those due together the one that was triggered first.
    private var waiting: [Waiting] = []

    init(_ script: LoopbackScript) {
        self.script = script
        timesLeft = script.steps.map(\.times)
    }

    mutating func trigger(_ trigger: LoopbackScript.Trigger, nowNs: UInt64) {
        for (index, step) in script.steps.enumerated() where step.on == trigger {
            guard timesLeft[index] != 0, waiting.count < Self.waitingMax else { continue }
            if let left = timesLeft[index] { timesLeft[index] = left - 1 }
            let dueNs = nowNs + step.afterMs * 1_000_000
            let place = waiting.firstIndex { $0.dueNs > dueNs } ?? waiting.endIndex
            waiting.insert(Waiting(dueNs: dueNs, action: step.action), at: place)
        }
    }

    var nextDueNs: UInt64? { waiting.first?.dueNs }

    mutating func removeDue(nowNs: UInt64) -> LoopbackScript.Action? {
        guard let first = waiting.first, first.dueNs <= nowNs else { return nil }
        waiting.removeFirst()
        return first.action
    }
}
