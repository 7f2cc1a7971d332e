import CLinux
import EventLoop
import Glibc
import Metrics

/// Answers `GET /metrics` with OpenMetrics text, over HTTP/1.1 on sockets that somebody else accepts: the
/// Unix socket, or a TCP socket of the service manager.
///
/// A scraper has one request; a few of them are served at a time, and each user only so often, because the
/// figures are gathered on the control thread.
@LoopActor
public final class MetricsServer {
    struct Limits {
        var places = Places.Limits(total: 16, perUser: 8, reserved: 2)
        /// Bytes of a request.
        var requestSize = 8_192
        /// For the request to come, whole.
        var requestTime = Duration.seconds(5)
        /// For the answer to be taken.
        var answerTime = Duration.seconds(10)
        /// For the scraper to close behind the answer.
        var lingerTime = Duration.seconds(1)
        /// Of one user.
        var answersAtOnce = 20
        var answersPerSecond = 5
    }

    /// Who may use the Unix socket beside root and the daemon's own user, further than the socket's mode
    /// decides. Whoever reaches a TCP socket was let in by whoever set that up.
    public var isAllowed: @LoopActor (Peer) -> Bool = { _ in true }

    private nonisolated static let answers = MetricFamily(
        .counter, "metrics_answers", "Scrapes that were answered with metrics.")
    private nonisolated static let refusals = MetricFamily(
        .counter, "metrics_refusals", "Scrapes that were not.")
    public nonisolated static let metricFamilies = [answers, refusals]
    private var answered = 0
    private var refused = 0

    private let limits: Limits
    private let registry: MetricRegistry
    private var places = Places()
    private var paces: [uid_t: TokenBucket] = [:]
    private var connections: [ObjectIdentifier: ScrapeConnection] = [:]

    public convenience init(registry: MetricRegistry) {
        self.init(registry: registry, limits: Limits())
        registry.register(Self.metricFamilies) { [weak self] in
            $0.add(Self.answers, self?.answered ?? 0)
            $0.add(Self.refusals, self?.refused ?? 0)
        }
    }

    init(registry: MetricRegistry, limits: Limits) {
        self.registry = registry
        self.limits = limits
    }

    /// Takes a scraper that connected to a stream socket of any family.
    public func accept(_ socket: FileDescriptor) {
        guard let peer = Peer(of: socket) else { return }
        accept(socket, from: peer)
    }

    /// - Parameter peer: the kernel knows none of a TCP connection and answers the highest user id: all of
    ///   them share the places and the pace of one user.
    func accept(_ socket: FileDescriptor, from peer: Peer) {
        let isLocal = peer.userID != uid_t.max
        guard !isLocal || peer.isOwn || isAllowed(peer) else { return refuse(socket, .forbidden) }
        guard places.enter(peer, limits.places) else { return refuse(socket, .noPlace) }
        let connection = ScrapeConnection(
            socket, peer: peer, limits: limits,
            answer: { [weak self] in self?.answer($0, to: peer) ?? .noPlace },
            onEnd: { [weak self] in self?.forget($0) })
        connections[ObjectIdentifier(connection)] = connection
        connection.start()
    }

    private func answer(_ request: ScrapeRequest, to peer: Peer) -> ScrapeResponse {
        guard case .metrics(let includesBody) = request else {
            refused += 1
            if case .refused(let response) = request { return response }
            return .malformed
        }
        guard mayAsk(peer, nowNs: MonotonicClock.nowNs) else {
            refused += 1
            return .tooMany
        }
        answered += 1
        return ScrapeResponse(
            metrics: OpenMetricsText.bytes(registry.collect()), includesBody: includesBody)
    }

    /// One user's haste is no other's loss.
    private func mayAsk(_ peer: Peer, nowNs: UInt64) -> Bool {
        paces = paces.filter { !$0.value.isFull(nowNs: nowNs) }
        let fresh = TokenBucket(
            burst: limits.answersAtOnce, perSecond: limits.answersPerSecond, nowNs: nowNs)
        return paces[peer.userID, default: fresh].take(nowNs: nowNs)
    }

    private func refuse(_ socket: FileDescriptor, _ response: ScrapeResponse) {
        refused += 1
        let bytes = response.bytes
        _ = send(socket.raw, bytes, bytes.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
    }

    private func forget(_ connection: ScrapeConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        places.leave(connection.peer)
    }

    /// Sends everybody away.
    public func close() {
        for connection in Array(connections.values) { connection.close() }
    }
}
