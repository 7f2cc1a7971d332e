import JSON
import Metrics

/// What plugins tell of their network, as metrics: the objects and members of W3C webrtc-stats that make
/// sense over time, and those of ours. A plugin is not trusted: what is not in this table, or is no number
/// that its kind may be, is left out.
struct PeerStatistic: Sendable {
    /// The report of the plugin's statistics that it is in; nil for the top.
    let report: String?
    let member: String
    let family: MetricFamily

    /// - Parameters:
    ///   - name: without unit, where the member's own would say it twice.
    private init(
        _ kind: MetricFamily.Kind, _ report: String?, _ member: String, as name: String? = nil,
        _ unit: MetricFamily.Unit, _ help: String
    ) {
        self.init(kind, report, member, name: name, unit: unit, help)
    }

    private init(
        _ kind: MetricFamily.Kind, _ report: String?, _ member: String, _ help: String
    ) {
        self.init(kind, report, member, name: nil, unit: nil, help)
    }

    private init(
        _ kind: MetricFamily.Kind, _ report: String?, _ member: String, name: String?,
        unit: MetricFamily.Unit?, _ help: String
    ) {
        self.report = report
        self.member = member
        let prefix = report.map { Self.snake($0) + "_" } ?? ""
        family = MetricFamily(
            kind, exactly: "parley_peer_" + prefix + (name ?? Self.snake(member)), unit: unit,
            labels: ["session"], "As the plugin tells it: \(help)")
    }

    /// "packetsReceived" as "packets_received".
    static func snake(_ camel: String) -> String {
        var snake = ""
        for scalar in camel.unicodeScalars {
            if scalar.properties.isUppercase, !snake.isEmpty { snake += "_" }
            snake += scalar.properties.lowercaseMapping
        }
        return snake
    }

    /// The figure in what a plugin told, of several reports of a kind their sum; nil when it told none.
    func value(in statistics: JSONValue) -> MetricValue? {
        let reports: [JSONValue]
        if let report {
            guard let found = statistics[report] else { return nil }
            reports = found.arrayValue ?? [found]
        } else {
            reports = [statistics]
        }
        var sum: MetricValue?
        for value in reports.compactMap({ $0[member] }).compactMap(number) {
            guard case .integer(let one) = sum, case .integer(let other) = value else {
                sum = sum ?? value
                continue
            }
            let (both, isTooMuch) = one.addingReportingOverflow(other)
            if !isTooMuch { sum = .integer(both) }
        }
        return sum
    }

    private func number(_ value: JSONValue) -> MetricValue? {
        if let count = value.integerValue {
            guard count >= 0 || family.kind == .gauge else { return nil }
            return .integer(count)
        }
        guard let number = value.numberValue, number.isFinite,
            number >= 0 || family.kind == .gauge
        else { return nil }
        return .real(number)
    }

    static let all: [PeerStatistic] =
        inbound + outbound + remote + path + [
            .init(.counter, nil, "malformedMessages", "messages that made no sense."),
            .init(.counter, "usage", "responses", "responses that the peer counted."),
            .init(.counter, "usage", "inputTokens", "tokens that went in."),
            .init(.counter, "usage", "outputTokens", "tokens that came out."),
        ]

    private static let inbound: [PeerStatistic] = [
        .init(.counter, "inboundRtp", "packetsReceived", "packets of the peer's sound."),
        .init(.counter, "inboundRtp", "bytesReceived", as: "received", .bytes, "their payload."),
        .init(.gauge, "inboundRtp", "packetsLost", "packets that never came (RFC 3550)."),
        .init(.gauge, "inboundRtp", "jitter", .seconds, "interarrival jitter (RFC 3550)."),
        .init(.counter, "inboundRtp", "packetsDiscarded", "packets that nobody took."),
        .init(.counter, "inboundRtp", "packetsMalformed", "packets that made no sense."),
        .init(.counter, "inboundRtp", "packetsOfOtherTypes", "packets of no agreed format."),
        .init(.counter, "inboundRtp", "packetsOfStrangers", "packets of somebody else."),
        .init(.counter, "inboundRtp", "sourceChanges", "times that the source became another."),
    ]

    private static let outbound: [PeerStatistic] = [
        .init(.counter, "outboundRtp", "packetsSent", "packets of our sound."),
        .init(.counter, "outboundRtp", "bytesSent", as: "sent", .bytes, "their payload."),
        .init(.counter, "outboundRtp", "framesDropped", "frames that may not leave so fast."),
        .init(.counter, "outboundRtp", "nackCount", "packets that the peer asked for again."),
    ]

    private static let remote: [PeerStatistic] = [
        .init(.gauge, "remoteInboundRtp", "packetsLost", "our packets that the peer missed."),
        .init(
            .gauge, "remoteInboundRtp", "fractionLost", as: "lost", .ratio,
            "share of our packets lost lately."),
        .init(.gauge, "remoteInboundRtp", "jitter", .seconds, "jitter of our packets there."),
        .init(.gauge, "remoteInboundRtp", "roundTripTime", .seconds, "round trip by RTCP."),
    ]

    private static let path: [PeerStatistic] = [
        .init(.counter, "transport", "packetsSent", "datagrams sent."),
        .init(.counter, "transport", "packetsReceived", "datagrams that came."),
        .init(.counter, "transport", "bytesSent", as: "sent", .bytes, "sent in datagrams."),
        .init(
            .counter, "transport", "bytesReceived", as: "received", .bytes, "come in datagrams."),
        .init(.counter, "transport", "packetsDiscarded", "datagrams of no use."),
        .init(.counter, "transport", "packetsReplayed", "SRTP packets that came before."),
        .init(.counter, "transport", "packetsForged", "SRTP packets that the key does not fit."),
        .init(.counter, "transport", "packetsUnprotectable", "packets that SRTP could not take."),
        .init(
            .gauge, "candidatePair", "currentRoundTripTime", .seconds, "round trip by ICE."),
        .init(
            .gauge, "candidatePair", "availableOutgoingBitrate",
            "bits a second that the way bears."),
        .init(.counter, "dataChannels", "messagesSent", "messages sent on data channels."),
        .init(.counter, "dataChannels", "messagesReceived", "messages that came there."),
        .init(.counter, "dataChannels", "bytesSent", as: "sent", .bytes, "sent there."),
        .init(
            .counter, "dataChannels", "bytesReceived", as: "received", .bytes, "come there."),
    ]
}
