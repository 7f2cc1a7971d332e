import Glibc

/// Why a host process is no more.
public struct HostDeath: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// It left because its last session had ended.
        case finished
        /// The plugin was not taken: its file is at fault.
        case refused
        /// It did not answer, and was killed.
        case hung
        /// It broke the protocol, and was killed.
        case violation
        /// It ended by itself, by a signal or an exit.
        case crashed
        /// It could not be started.
        case notStarted
    }

    public let kind: Kind
    /// A sentence.
    public let reason: String

    public init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    public var description: String { reason }
}

extension HostDeath {
    /// The death of a host that was not condemned.
    init(exit: HostExit, isLoaded: Bool) {
        let when = isLoaded ? "" : " while it was loaded"
        switch exit {
        case .signalled(let signal):
            self.init(.crashed, "the plugin crashed\(when): \(signalName(signal))")
        case .exited(let status):
            self.init(.crashed, "the plugin ended its process\(when), with status \(status)")
        case .ended:
            self.init(
                .crashed,
                "the plugin's process ended\(when): journalctl -u 'parley-host@*' tells how")
        case .notStarted(let code):
            self.init(.notStarted, "no process could be started for the plugin (errno \(code))")
        case .launcherLost:
            self.init(
                .notStarted, "the process that starts transport hosts has ended: restart parleyd")
        }
    }
}

private func signalName(_ signal: Int32) -> String {
    switch signal {
    case SIGSEGV: "SIGSEGV (invalid memory access)"
    case SIGABRT: "SIGABRT (it gave up; the log says why)"
    case SIGILL: "SIGILL (an illegal instruction, or a Swift trap)"
    case SIGTRAP: "SIGTRAP (a Swift trap)"
    case SIGBUS: "SIGBUS (its file was changed while it ran, or invalid memory access)"
    case SIGFPE: "SIGFPE (arithmetic fault)"
    case SIGKILL: "SIGKILL (killed from outside, or out of memory)"
    case SIGSYS: "SIGSYS (a forbidden system call)"
    default: "signal \(signal)"
    }
}
