import EventLoop

/// A holder's view of a device. Keep it as long as the calls are wanted.
@LoopActor
public final class DeviceObservation<Line: AnyObject & Sendable> {
    let onStatus: @LoopActor (DeviceStatus) -> Void
    private let onLine: @LoopActor (Line?) -> Void
    private weak var told: Line?
    private var hasTold = false

    init(
        onStatus: @escaping @LoopActor (DeviceStatus) -> Void,
        onLine: @escaping @LoopActor (Line?) -> Void
    ) {
        self.onStatus = onStatus
        self.onLine = onLine
    }

    /// Passes the line on when it is another than before.
    func tell(_ line: Line?) {
        guard !hasTold || told !== line || (line == nil) != wasNil else { return }
        hasTold = true
        wasNil = line == nil
        told = line
        onLine(line)
    }

    private var wasNil = true
}
