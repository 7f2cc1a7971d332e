/// Decides whether the service manager may be told that the daemon is alive.
///
/// Everything that works is asked in turn; each says how far it has come and whether there is something
/// that it should do. Who has work and has not moved for ``patienceNs`` is stuck. Who knows why it does
/// not move (a sound server that is away, a device that is gone, a host being restarted) has no work.
/// A value: the clock and the answers come from outside.
public struct ProgressWatch: Sendable {
    /// What one loop says about itself.
    public struct Answer: Sendable, Equatable {
        /// "engine", "sound capture mic": for the status line.
        public var name: String
        /// Grows with every turn that did something.
        public var progress: UInt64
        /// Whether it should be moving now.
        public var hasWork: Bool

        public init(_ name: String, progress: UInt64, hasWork: Bool) {
            self.name = name
            self.progress = progress
            self.hasWork = hasWork
        }
    }

    public enum Verdict: Sendable, Equatable {
        case alive
        /// Names of what has not moved, sorted.
        case stuck([String])
    }

    private struct Mark {
        var progress: UInt64
        var sinceNs: UInt64
        var hadWork: Bool
    }

    /// How long something with work may stand still.
    public let patienceNs: UInt64
    private var marks: [String: Mark] = [:]

    /// - Parameter patienceNs: above the longest time between two turns of anything that is healthy.
    public init(patienceNs: UInt64) { self.patienceNs = patienceNs }

    /// Looks at everything. What is not among the answers any more is forgotten.
    public mutating func judge(_ answers: [Answer], nowNs: UInt64) -> Verdict {
        var next: [String: Mark] = [:]
        var stuck: [String] = []
        for answer in answers {
            var mark = Mark(
                progress: answer.progress, sinceNs: nowNs, hadWork: answer.hasWork)
            if answer.hasWork, let before = marks[answer.name], before.hadWork,
                before.progress == answer.progress
            {
                mark.sinceNs = before.sinceNs
            }
            if nowNs - mark.sinceNs >= patienceNs { stuck.append(answer.name) }
            next[answer.name] = mark
        }
        marks = next
        return stuck.isEmpty ? .alive : .stuck(stuck.sorted())
    }
}
