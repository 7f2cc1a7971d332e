import CSystemd
import Glibc

/// The service manager that started this process, if one did and wants to hear from it.
public enum ServiceManager {
    /// Whether somebody listens (NOTIFY_SOCKET).
    public static var isListening: Bool { getenv("NOTIFY_SOCKET") != nil }

    /// Tells all of it in one message, so that it takes effect together.
    ///
    /// - Returns: whether it was sent; false without a service manager. [thread-safe]
    @discardableResult
    public static func tell(_ states: [ServiceState]) -> Bool {
        sd_notify(0, states.map(\.line).joined(separator: "\n")) > 0
    }

    /// How often the manager must hear ``ServiceState/watchdog``, in nanoseconds; nil when it does not
    /// watch this process (WatchdogSec=, sd_watchdog_enabled(3)).
    public static var watchdogNs: UInt64? {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0, microseconds > 0 else { return nil }
        return microseconds * 1_000
    }
}
