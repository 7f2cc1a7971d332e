extension JitterBuffer {
    public struct Settings: Sendable, Equatable {
        /// The stream's clock: 48000 for Opus, 8000 for G.711.
        public var rateHz: Int
        /// Time between a spurt's first packet and its playing.
        public var targetSamples: Int
        /// More than this is left out at once.
        public var maximumSamples: Int
        /// Invented at a stretch; then comes silence.
        public var concealmentSamples: Int
        /// A packet of at most so many bytes says that the sender falls silent (Opus: 2); -1 for none.
        public var silentPacketBytes: Int
        /// Bytes of the largest packet. Pages that no packet fills are never touched.
        public var packetBytes = 1_500

        /// - Parameter frameMs: length of a packet, from which the target follows: half of it, since the
        ///   sender's pace and ours are not aligned, and at least 5 ms.
        public init(rateHz: Int, frameMs: Int = 20, silentPacketBytes: Int = -1) {
            self.rateHz = rateHz
            targetSamples = rateHz * max(5_000, frameMs * 500) / 1_000_000
            maximumSamples = targetSamples + rateHz / 5
            concealmentSamples = rateHz / 10
            self.silentPacketBytes = silentPacketBytes
        }
    }

    public enum Arrival: Sendable {
        case stored
        /// Its turn is over.
        case late
        case duplicate
        /// Malformed, or of another stream until a second packet confirms it.
        case refused
    }
}
