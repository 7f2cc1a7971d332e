import EventLoop

/// What a ``HostProcess`` tells whoever started it.
@LoopActor
protocol HostProcessDelegate: AnyObject {
    /// The plugin is loaded. Comes once, before everything of sessions.
    func host(_ host: HostProcess, loaded descriptor: TransportDescriptor)
    func host(_ host: HostProcess, created session: UInt32, isDone: Bool)
    func host(_ host: HostProcess, destroyed session: UInt32)
    func host(
        _ host: HostProcess, session: UInt32, audioPosition: UInt64, event: TransportEvent)
    func host(_ host: HostProcess, logged level: TransportLogLevel, _ text: String)
    /// The process is gone; nothing follows.
    /// - Parameter servedNs: how long it had been loaded, nil when it never was.
    func host(_ host: HostProcess, ended death: HostDeath, servedNs: UInt64?)
}
