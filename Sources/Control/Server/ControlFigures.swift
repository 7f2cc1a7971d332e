import ControlProtocol
import EventLoop
import Metrics

/// What the control server counts, since the start.
struct ControlFigures {
    var accepted = 0
    var refused = 0
    /// Clients ended because they did not read.
    var cut = 0
    var requests = 0
    var requestsRefused = 0
    var eventsLost = 0
    /// From a request's line to its answer's, in seconds.
    var requestTime = Histogram(bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5])
}

extension ControlServer {
    private nonisolated static let clients = MetricFamily(
        .gauge, "control_clients", labels: ["role"],
        "Clients by what they may do: control.sock and monitor.sock.")
    private nonisolated static let accepted = MetricFamily(
        .counter, "control_clients_accepted", "Clients let in.")
    private nonisolated static let refused = MetricFamily(
        .counter, "control_clients_refused", "Clients turned away: not allowed, or no place left.")
    private nonisolated static let cut = MetricFamily(
        .counter, "control_clients_cut", "Clients ended because they did not read.")
    private nonisolated static let requests = MetricFamily(
        .counter, "control_requests", "Requests of clients.")
    private nonisolated static let requestsRefused = MetricFamily(
        .counter, "control_requests_refused", "Requests answered with an error.")
    private nonisolated static let requestTime = MetricFamily(
        .histogram, "control_request_duration", .seconds,
        "From a request to its answer; some wait for something.")
    private nonisolated static let events = MetricFamily(
        .counter, "control_events", "Events there were.")
    private nonisolated static let eventsLost = MetricFamily(
        .counter, "control_events_lost", "Events that slow readers missed.")
    private nonisolated static let waiting = MetricFamily(
        .gauge, "control_queue", .bytes, "What waits for all clients together.")
    private nonisolated static let longest = MetricFamily(
        .gauge, "control_queue_longest", .bytes, "What waits for the client furthest behind.")

    /// What ``collect(into:)`` tells.
    public nonisolated static let metricFamilies = [
        clients, accepted, refused, cut, requests, requestsRefused, requestTime, events, eventsLost,
        waiting, longest,
    ]

    public func collect(into collection: inout MetricCollection) {
        let roles = clientRoles
        collection.add(Self.clients, roles.count { $0 == .control }, "control")
        collection.add(Self.clients, roles.count { $0 == .monitor }, "monitor")
        collection.add(Self.accepted, figures.accepted)
        collection.add(Self.refused, figures.refused)
        collection.add(Self.cut, figures.cut)
        collection.add(Self.requests, figures.requests)
        collection.add(Self.requestsRefused, figures.requestsRefused)
        collection.add(Self.requestTime, figures.requestTime)
        collection.add(Self.events, Int(lastSequence))
        collection.add(Self.eventsLost, figures.eventsLost)
        let waiting = waitingBytes
        collection.add(Self.waiting, waiting.reduce(0, +))
        collection.add(Self.longest, waiting.max() ?? 0)
    }
}
