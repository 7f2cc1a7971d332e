import AudioCore
import Synchronization

/// What one playback stream and the engine share. Sound is mono at 48 kHz; positions count samples
/// since the line was made, and are those of ``clock``.
///
/// The device sets the pace: the pulse thread adds to ``wantedSamples`` and rings the engine, which
/// writes that many samples and rings back. The `Sendable` proof is that of ``CaptureLine``.
public final class PlaybackLine: @unchecked Sendable {
    /// Producer: engine thread. Consumer: pulse thread, which hands everything on at once.
    public let ring: SampleRing
    /// Samples that the device wants beyond what is in the ring; the engine takes them by exchange.
    public let wantedSamples = Atomic<Int>(0)
    public let engineDoorbell = Doorbell()
    public let pulseDoorbell = Doorbell()
    public let clock = PlaybackClock()
    /// Times that the device ran out of sound.
    public let underruns = Atomic<Int>(0)

    /// A correction of sound that the device already has but has not played: how an interruption
    /// silences what is under way. The engine fills ``patch`` with the samples from ``patchPosition``
    /// up to everything it has written, then rings; the pulse thread overwrites the server's buffer.
    /// Nothing else may be in ``ring`` meanwhile. -1: none is pending.
    public let patchPosition = Atomic<Int64>(-1)
    /// Producer: engine thread. Consumer: pulse thread.
    public let patch: SampleRing

    /// - Parameter capacity: samples that fit; the default is a third of a second.
    public init(capacity: Int = 16_384) {
        ring = SampleRing(capacity: capacity)
        patch = SampleRing(capacity: capacity)
    }
}
