/// What became of the hosts of one transport, since the start.
public struct HostTally: Sendable, Hashable {
    public internal(set) var starts = 0
    /// Of hosts that were needed.
    public internal(set) var deaths: [HostDeath.Kind: Int] = [:]
    /// Processes that run now.
    public internal(set) var running = 0
    /// Messages that they have not read yet.
    public internal(set) var waitingBytes = 0
    /// Frames of sound that they have not read yet, as the kernel counts them.
    public internal(set) var unreadAudioBytes = 0
}
