/// `gateway.*` and `rpc.discover`.
extension ControlMethod {
    static let gateway: [ControlMethod] = [
        .init(
            "gateway.info", .read, "Product, version, protocol, the caller's role, limits.",
            answers: .gatewayInfo),
        .init(
            "gateway.status", .read, "Sound server, sessions, transports, health with reasons.",
            answers: .gatewayStatus),
        .init("gateway.metrics", .read, "Counters and gauges.", answers: .gatewayMetrics),
        .init(
            "gateway.reload", .change, "Reads the config again; tells what needs a restart.",
            answers: .reloadReport, refuses: [.invalidConfig]),
        .init("rpc.discover", .read, "This document.", answers: .discovery),
    ]
}
