import DeviceLines
import Synchronization

/// What the control thread and the engine share, and all of it: a command ring, an event ring, and a
/// bell for each side.
///
/// `Sendable` holds because each ring has one producer and one consumer (the control thread pushes
/// commands and pops events, the engine the reverse) and the bells are thread-safe.
final class EngineChannel: @unchecked Sendable {
    let commands = MessageRing<EngineCommand>(capacity: 1_024)
    let events = MessageRing<EngineEvent>(capacity: 4_096)
    /// Rung by the control thread.
    let engineDoorbell = Doorbell()
    /// Rung by the engine.
    let controlDoorbell = Doorbell()
    /// Turns of the engine's loop; the engine counts, anybody reads.
    let turns = Atomic<UInt64>(0)
}
