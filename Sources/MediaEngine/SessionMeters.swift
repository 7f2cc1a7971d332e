import AudioCore
import Synchronization

/// What the engine measures of one session, for whoever asks. Written by the engine thread, read by
/// any; every property is an atomic, so no lock is needed and none of the figures is torn.
public final class SessionMeters: Sendable {
    /// Loudness of what the local leg captures, before the mute.
    public let input = Level()
    /// Loudness of what the local leg plays.
    public let output = Level()

    /// Frames and barriers put on the audio socket; what `audio_position` of the host protocol counts.
    public let framesSent = Atomic<UInt64>(0)
    /// Frames that found the audio socket full, or no host.
    public let framesDropped = Atomic<Int>(0)
    public let framesReceived = Atomic<Int>(0)
    /// Frames of a generation that an interruption ended.
    public let framesStale = Atomic<Int>(0)
    /// Frames that broke a rule: format, size, order.
    public let framesRefused = Atomic<Int>(0)
    /// Speech waiting to be played, in microseconds.
    public let queuedUs = Atomic<Int>(0)
    /// From the last sample of a frame leaving the microphone to the frame leaving the daemon.
    public let uplinkUs = Atomic<Int>(0)
    /// From a sample being mixed to the listener hearing it.
    public let playbackUs = Atomic<Int>(0)
    /// Samples that had to be played while the queue was dry within an item.
    public let dryEvents = Atomic<Int>(0)
    public let packetsLost = Atomic<Int>(0)
    public let packetsDiscarded = Atomic<Int>(0)
    public let concealedSamples = Atomic<Int>(0)
    public let concealmentEvents = Atomic<Int>(0)
    public let fecPacketsReceived = Atomic<Int>(0)
    /// RFC 3550, section 6.4.1, in microseconds.
    public let jitterUs = Atomic<Int>(0)
    public let jitterBufferEmittedCount = Atomic<Int>(0)
    public let jitterBufferDelayMs = Atomic<Int>(0)
    /// What the jitter buffer aims at now, in microseconds.
    public let jitterBufferTargetUs = Atomic<Int>(0)
    /// Of the sender's clock against the one that its packets are played by.
    public let clockSkew = PublishedSkew()
    public let packetsReceived = Atomic<Int>(0)
    public let packetsDuplicated = Atomic<Int>(0)
    public let silentConcealedSamples = Atomic<Int>(0)
    /// These two are what the sender's clock and ours have drifted apart, too.
    public let insertedSamplesForDeceleration = Atomic<Int>(0)
    public let removedSamplesForAcceleration = Atomic<Int>(0)
    public let resynchronisations = Atomic<Int>(0)
    /// Sound of the microphone that the echo gate held off, in microseconds.
    public let gateClosedUs = Atomic<Int>(0)
    /// Samples that a program on the audio socket was too slow to take.
    public let programSamplesLost = Atomic<Int>(0)

    /// Blocks of sound taken from the local leg.
    public let capturedBlocks = Atomic<UInt64>(0)
    /// Blocks of sound, silence among them, given to the local leg.
    public let playedBlocks = Atomic<UInt64>(0)

    public init() {}

    /// A level reading that one thread stores and any loads.
    public struct Level: ~Copyable, Sendable {
        private let peak = Atomic<UInt32>(0)
        private let meanSquare = Atomic<UInt32>(0)

        init() {}

        func store(_ reading: LevelReading) {
            peak.store(reading.peak.bitPattern, ordering: .relaxed)
            meanSquare.store(reading.meanSquare.bitPattern, ordering: .relaxed)
        }

        public var reading: LevelReading {
            LevelReading(
                peak: Float(bitPattern: peak.load(ordering: .relaxed)),
                meanSquare: Float(bitPattern: meanSquare.load(ordering: .relaxed)))
        }
    }
}
