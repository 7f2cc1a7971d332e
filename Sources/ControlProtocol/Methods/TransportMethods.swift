/// `transports.*`
extension ControlMethod {
    static let transports: [ControlMethod] = [
        .init(
            "transports.list", .read, "Transports, and files that were refused, by path.",
            answers: .transportList),
        .init(
            "transports.describe", .read, "One transport with the schema of its options.",
            .required("transport", .string, "Id of the transport."),
            answers: .transportDescription, refuses: [.unknownTransport, .transportRefused]),
    ]
}
