import AudioCore
import Synchronization

/// What one capture stream and the engine share. Sound is mono at 48 kHz.
///
/// `Sendable` holds because every stored property is an atomic, or a ring that has one producer (the
/// pulse thread) and one consumer (the engine thread).
public final class CaptureLine: @unchecked Sendable {
    /// Producer: pulse thread. Consumer: engine thread.
    public let ring: SampleRing
    /// Rung by the pulse thread after it wrote; the engine waits for it.
    public let engineDoorbell = Doorbell()
    /// Time at which the newest sample in the ring left the microphone, CLOCK_MONOTONIC; the device's
    /// latency is taken off.
    public let newestSampleNs = Atomic<UInt64>(0)
    /// Samples lost because the ring was full.
    public let overrunSamples = Atomic<Int>(0)

    /// - Parameter capacity: samples that fit; the default is a third of a second.
    public init(capacity: Int = 16_384) { ring = SampleRing(capacity: capacity) }
}
