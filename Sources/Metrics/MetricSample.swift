/// A figure.
public enum MetricValue: Sendable, Hashable {
    case integer(Int64)
    case real(Double)

    /// As OpenMetrics writes it.
    var text: String {
        switch self {
        case .integer(let value): "\(value)"
        case .real(let value) where value.isNaN: "NaN"
        case .real(let value) where value.isInfinite: value < 0 ? "-Inf" : "+Inf"
        case .real(let value): "\(value)"
        }
    }
}

/// One figure of a family.
public struct MetricSample: Sendable, Hashable {
    public let name: String
    public let labels: [MetricLabel]
    public let value: MetricValue
}

public struct MetricLabel: Sendable, Hashable {
    public let name: String
    public let value: String
}
