import CPulse
import EventLoop
import Synchronization

/// One connection to the server: a `pa_context` from its making to its end. A lost connection is
/// never used again; ``PulseServer`` makes the next.
@LoopActor
final class PulseConnection {
    enum Event: Sendable {
        case ready(socket: String)
        case ended(PulseError)
        /// A request was not answered for ``requestTimeout``.
        case silent
        case changed(Change)
    }

    /// Something on the server that may have changed.
    struct Change: Sendable, Hashable {
        enum Facility: Sendable { case sink, source, server, sinkInput, sourceOutput }
        let facility: Facility
        let index: UInt32
        let isRemoved: Bool
    }

    static let requestTimeout: Duration = .seconds(2)

    let loop: PulseMainLoop
    nonisolated(unsafe) let context: OpaquePointer
    private let onEvent: @LoopActor (Event) -> Void
    private(set) var isOpen = true
    private var pending: [ObjectIdentifier: (request: PulseRequestBase, issuedNs: UInt64)] = [:]
    private var timeout: LoopTimer?

    /// Starts to connect.
    /// - Parameter servers: as libpulse takes them, tried in order: "unix:/path unix:/other".
    /// - Throws: what can be refused at once.
    init(
        loop: PulseMainLoop, servers: String,
        onEvent: @escaping @LoopActor (Event) -> Void
    ) throws(PulseError) {
        self.loop = loop
        self.onEvent = onEvent
        let made: OpaquePointer? = loop.withLock {
            guard let properties = pa_proplist_new() else { return nil }
            defer { pa_proplist_free(properties) }
            pa_proplist_sets(properties, PA_PROP_APPLICATION_NAME, "Parley")
            pa_proplist_sets(properties, PA_PROP_APPLICATION_ID, "parley")
            pa_proplist_sets(properties, PA_PROP_APPLICATION_ICON_NAME, "audio-input-microphone")
            return pa_context_new_with_proplist(loop.api, "Parley", properties)
        }
        guard let made else {
            throw PulseError(code: pulseInternalError, doing: "making a connection")
        }
        context = made
        let me = Unmanaged.passUnretained(self).toOpaque()
        let code: CInt = loop.withLock {
            pa_context_set_state_callback(made, onContextState, me)
            pa_context_set_subscribe_callback(made, onSubscription, me)
            let result = pa_context_connect(made, servers, PA_CONTEXT_NOAUTOSPAWN, nil)
            return result < 0 ? pa_context_errno(made) : 0
        }
        guard code == 0 else {
            close()
            throw PulseError(code: code, doing: "connecting to the sound server")
        }
    }

    /// Ends the connection; no event follows. Streams must have been closed before. Again is
    /// harmless.
    func close() {
        guard isOpen else { return }
        isOpen = false
        loop.withLock {
            pa_context_set_state_callback(context, nil, nil)
            pa_context_set_subscribe_callback(context, nil, nil)
            pa_context_disconnect(context)
            pa_context_unref(context)
        }
        timeout?.cancel()
        let abandoned = pending.values
        pending = [:]
        for entry in abandoned { entry.request.abandon() }
    }

    isolated deinit { close() }

    // MARK: Requests

    /// Asks the server.
    /// - Parameters:
    ///   - issue: calls libpulse with a callback that feeds the ``PulseRequest`` in `userdata`.
    ///   - completion: all answers, or nil when refused or when the connection ended.
    func request<Value: Sendable>(
        _ issue: (_ context: OpaquePointer, _ userdata: UnsafeMutableRawPointer) -> OpaquePointer?,
        completion: @escaping @LoopActor @Sendable ([Value]?) -> Void
    ) {
        guard isOpen else { return completion(nil) }
        let request = PulseRequest<Value>(connection: self, completion: completion)
        pending[ObjectIdentifier(request)] = (request, MonotonicClock.nowNs)
        let isIssued = loop.withLock {
            guard let operation = issue(context, Unmanaged.passUnretained(request).toOpaque())
            else { return false }
            pa_operation_unref(operation)
            return true
        }
        guard isIssued else {
            pending[ObjectIdentifier(request)] = nil
            return completion(nil)
        }
        armTimeout()
    }

    /// Whether `request` was still waited for.
    func retire(_ request: PulseRequestBase) -> Bool {
        guard pending.removeValue(forKey: ObjectIdentifier(request)) != nil else { return false }
        if pending.isEmpty {
            timeout?.cancel()
            timeout = nil
        }
        return true
    }

    private func armTimeout() {
        guard timeout == nil else { return }
        guard let oldest = pending.values.map(\.issuedNs).min() else { return }
        let deadlineNs = oldest + Self.requestTimeout.nanoseconds
        let nowNs = MonotonicClock.nowNs
        let delay = Duration.nanoseconds(Int64(deadlineNs > nowNs ? deadlineNs - nowNs : 0))
        timeout = EventLoop.shared.schedule(after: delay) { [weak self] in
            guard let self, isOpen else { return }
            timeout = nil
            let nowNs = MonotonicClock.nowNs
            let limit = Self.requestTimeout.nanoseconds
            if pending.values.contains(where: { nowNs >= $0.issuedNs + limit }) {
                onEvent(.silent)
            } else {
                armTimeout()
            }
        }
    }

    // MARK: From the pulse thread

    fileprivate nonisolated func contextStateChanged() {
        let state = pa_context_get_state(context)
        switch state {
        case PA_CONTEXT_READY:
            let socket = pa_context_get_server(context).map { String(cString: $0) } ?? ""
            post(.ready(socket: socket))
        case PA_CONTEXT_FAILED, PA_CONTEXT_TERMINATED:
            let code = pa_context_errno(context)
            post(.ended(PulseError(code: code, doing: "the connection to the sound server")))
        default:
            break
        }
    }

    fileprivate nonisolated func post(_ event: Event) {
        EventLoop.shared.post { [self] in
            guard isOpen else { return }
            onEvent(event)
        }
    }
}

private func onContextState(_ context: OpaquePointer?, _ userdata: UnsafeMutableRawPointer?) {
    guard let userdata else { return }
    Unmanaged<PulseConnection>.fromOpaque(userdata).takeUnretainedValue().contextStateChanged()
}

private func onSubscription(
    _ context: OpaquePointer?, _ event: pa_subscription_event_type_t, _ index: UInt32,
    _ userdata: UnsafeMutableRawPointer?
) {
    guard let userdata else { return }
    let facility: PulseConnection.Change.Facility
    switch event.rawValue & PA_SUBSCRIPTION_EVENT_FACILITY_MASK.rawValue {
    case PA_SUBSCRIPTION_EVENT_SINK.rawValue: facility = .sink
    case PA_SUBSCRIPTION_EVENT_SOURCE.rawValue: facility = .source
    case PA_SUBSCRIPTION_EVENT_SERVER.rawValue: facility = .server
    case PA_SUBSCRIPTION_EVENT_SINK_INPUT.rawValue: facility = .sinkInput
    case PA_SUBSCRIPTION_EVENT_SOURCE_OUTPUT.rawValue: facility = .sourceOutput
    default: return
    }
    let kind = event.rawValue & PA_SUBSCRIPTION_EVENT_TYPE_MASK.rawValue
    let change = PulseConnection.Change(
        facility: facility, index: index,
        isRemoved: kind == PA_SUBSCRIPTION_EVENT_REMOVE.rawValue)
    Unmanaged<PulseConnection>.fromOpaque(userdata).takeUnretainedValue().post(.changed(change))
}
