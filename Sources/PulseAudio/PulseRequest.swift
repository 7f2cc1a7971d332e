import EventLoop
import Synchronization

/// One question to the server whose answers come on the pulse thread, and whose end is handled on
/// the control thread. ``PulseConnection`` keeps it alive, because libpulse forgets cancelled
/// operations without a call.
class PulseRequestBase: @unchecked Sendable {
    // Sendable holds: the only mutable state of the family is the Mutex in PulseRequest.
    fileprivate init() {}

    @LoopActor func abandon() {}
}

final class PulseRequest<Value: Sendable>: PulseRequestBase, @unchecked Sendable {
    private let values = Mutex<[Value]>([])
    private let connection: PulseConnection
    private let completion: @LoopActor @Sendable ([Value]?) -> Void

    init(
        connection: PulseConnection, completion: @escaping @LoopActor @Sendable ([Value]?) -> Void
    ) {
        self.connection = connection
        self.completion = completion
        super.init()
    }

    /// [pulse thread]
    func add(_ value: Value) { values.withLock { $0.append(value) } }

    /// [pulse thread]
    func finish(succeeded: Bool) {
        EventLoop.shared.post { [self] in
            guard connection.retire(self) else { return }
            completion(succeeded ? values.withLock { $0 } : nil)
        }
    }

    /// The connection ended first.
    override func abandon() { completion(nil) }

    /// The request behind libpulse's `userdata`. [pulse thread]
    static func from(_ userdata: UnsafeMutableRawPointer?) -> PulseRequest<Value>? {
        userdata.map { Unmanaged<PulseRequest<Value>>.fromOpaque($0).takeUnretainedValue() }
    }
}
