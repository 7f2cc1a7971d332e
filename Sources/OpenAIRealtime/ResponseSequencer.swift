import JSON

/// Keeps one `response.create` in flight.
///
/// The peer refuses a request while a response runs, so what comes meanwhile waits for
/// `response.done`. Automatic requests, which follow from messages and tool outputs, are the same
/// whoever asks, and those that wait together become one. Manual ones carry a body or were written
/// by the client: each is sent, in order.
struct ResponseSequencer: Sendable {
    struct Request: Sendable, Hashable {
        /// The whole event; nil for an automatic one.
        var event: JSONObject?
        /// How often the peer has refused it because a response of its own was running.
        var refusals = 0

        static let automatic = Request()
        static func manual(_ event: JSONObject) -> Request { Request(event: event) }
    }

    /// An event to send now.
    struct Create: Equatable {
        var eventID: String
        var event: JSONObject
    }

    enum Refusal: Equatable {
        /// Not about a request of this sequencer.
        case unrelated
        /// The peer had begun a response itself: the request is kept and sent again.
        case retries
        /// The request is lost; the client must hear of it.
        case dropped
    }

    private static let refusalsMax = 3

    private var waiting: [Request] = []
    /// Sent; the peer has not begun a response since.
    private var requested: (eventID: String, request: Request)?
    /// Sent; a response has begun since, which may be the peer's own.
    private var unsure: (eventID: String, request: Request)?
    private(set) var runningIDs: [String] = []
    private var isCancelling = false
    private var lastNumber = 0

    /// Whether the peer is generating, as far as is known.
    var isRunning: Bool { !runningIDs.isEmpty }
    var isIdle: Bool { !isRunning && requested == nil && waiting.isEmpty }

    mutating func request(_ request: Request) -> Create? {
        if request.event != nil || waiting.last?.event != nil || waiting.isEmpty {
            waiting.append(request)
        }
        return next()
    }

    mutating func began(_ responseID: String) {
        if let requested { unsure = requested }
        requested = nil
        if !runningIDs.contains(responseID) { runningIDs.append(responseID) }
        if runningIDs.count > 64 { runningIDs.removeFirst() }
    }

    mutating func ended(_ responseID: String?) -> Create? {
        if let responseID { runningIDs.removeAll { $0 == responseID } } else { runningIDs = [] }
        if runningIDs.isEmpty {
            isCancelling = false
            unsure = nil
        }
        return next()
    }

    /// Whether `response.cancel` shall be sent: once for what runs.
    mutating func beginCancel() -> Bool {
        guard isRunning, !isCancelling else { return false }
        isCancelling = true
        return true
    }

    /// The cancel was refused: nothing was running any more, and `response.done` is on its way or
    /// came.
    mutating func cancelWasRefused() -> Create? {
        isCancelling = false
        return next()
    }

    mutating func refused(_ fault: ServerFault) -> (Refusal, Create?) {
        let matched: (eventID: String, request: Request)
        if let requested, fault.isAbout(requested.eventID) {
            matched = requested
            self.requested = nil
        } else if let unsure, let eventID = fault.eventID, eventID == unsure.eventID {
            matched = unsure
            self.unsure = nil
        } else {
            return (.unrelated, nil)
        }
        guard fault.code == "conversation_already_has_active_response",
            matched.request.refusals < Self.refusalsMax
        else { return (.dropped, next()) }
        var again = matched.request
        again.refusals += 1
        // Automatic requests that came later are this one.
        if again.event == nil, waiting.first?.event == nil, !waiting.isEmpty {
            waiting.removeFirst()
        }
        waiting.insert(again, at: 0)
        return (.retries, next())
    }

    /// What was waiting is dropped: the connection is gone.
    mutating func close() { self = ResponseSequencer() }

    /// What the peer has not begun, for the connection that follows.
    mutating func takeWaiting() -> [Request] {
        defer {
            waiting = []
            requested = nil
        }
        return (requested.map { [$0.request] } ?? []) + waiting
    }

    private mutating func next() -> Create? {
        guard requested == nil, !isRunning, !isCancelling, !waiting.isEmpty else { return nil }
        let request = waiting.removeFirst()
        var event = request.event ?? ["type": "response.create"]
        let eventID: String
        if let given = event["event_id"]?.stringValue {
            eventID = given
        } else {
            lastNumber += 1
            eventID = "parley_create_\(lastNumber)"
            event["event_id"] = .string(eventID)
        }
        requested = (eventID, request)
        return Create(eventID: eventID, event: event)
    }
}
