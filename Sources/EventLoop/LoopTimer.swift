/// A call at a later time. Cancelling is cheap; releasing does not cancel.
@LoopActor
public final class LoopTimer {
    /// On ``MonotonicClock``.
    public let deadlineNs: UInt64
    private var body: (@LoopActor () -> Void)?

    init(deadlineNs: UInt64, body: @escaping @LoopActor () -> Void) {
        self.deadlineNs = deadlineNs
        self.body = body
    }

    public var isCancelled: Bool { body == nil }

    /// Ends the timer. After it fired or again: harmless.
    public func cancel() { body = nil }

    func fire() {
        let call = body
        body = nil
        call?()
    }
}
