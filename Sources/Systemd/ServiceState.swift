/// One thing to tell the service manager (sd_notify(3)).
public enum ServiceState: Sendable, Equatable {
    /// The service serves.
    case ready
    /// The service reads its configuration again, since `monotonicNs` on CLOCK_MONOTONIC; ``ready`` ends
    /// it. Type=notify-reload waits for both.
    case reloading(monotonicNs: UInt64)
    case stopping
    /// One line for people, shown by `systemctl status`.
    case status(String)
    /// The service is alive.
    case watchdog
    /// What is under way takes up to `ms` from now, however long the unit allows.
    case extendTimeout(ms: UInt64)
    /// The name of the process that is the service.
    case mainProcess(Int32)

    var line: String {
        switch self {
        case .ready: "READY=1"
        case .reloading(let ns): "RELOADING=1\nMONOTONIC_USEC=\(ns / 1_000)"
        case .stopping: "STOPPING=1"
        case .status(let text):
            "STATUS=" + text.split(whereSeparator: \.isNewline).joined(separator: " | ")
        case .watchdog: "WATCHDOG=1"
        case .extendTimeout(let ms): "EXTEND_TIMEOUT_USEC=\(ms * 1_000)"
        case .mainProcess(let id): "MAINPID=\(id)"
        }
    }
}
