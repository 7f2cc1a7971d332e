/// How the downlink treats packet audio.
public struct DownlinkSettings: Sendable, Equatable {
    /// What the jitter buffer aims at.
    public var targetDelayMs: Int
    /// Length of a packet until the first one has said.
    public var packetMs: Int

    public init(targetDelayMs: Int = 20, packetMs: Int = 20) {
        self.targetDelayMs = targetDelayMs
        self.packetMs = packetMs
    }
}
