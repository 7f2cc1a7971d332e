import EventLoop

/// Every host process from its start to its end: those of sessions, those that look into a file, and those
/// that nobody needs any more and that should be gone.
@LoopActor
final class RunningHosts {
    private var hosts: [UInt32: HostProcess] = [:]
    private var lastNumber: UInt32 = 0

    /// - Returns: a number that no other host has or had.
    func add(_ host: HostProcess) -> UInt32 {
        lastNumber += 1
        hosts[lastNumber] = host
        return lastNumber
    }

    func remove(_ number: UInt32) { hosts[number] = nil }

    /// Each host, under a name of its own, since two versions of a plugin may run at once: pings answered so
    /// far, and whether something is awaited of it.
    var liveliness: [(host: String, answered: UInt64, isAwaited: Bool)] {
        hosts.sorted { $0.key < $1.key }.map { number, host in
            let (answered, isAwaited) = host.liveliness
            return ("\(host.name) #\(number)", answered, isAwaited)
        }
    }
}
