/// A family of metrics as OpenMetrics 1.0 means it: one name, one meaning, and a sample for each set of
/// label values.
public struct MetricFamily: Sendable, Hashable {
    public enum Kind: String, Sendable {
        /// Only grows, or begins again at 0; its samples end in `_total`.
        case counter
        case gauge
        /// Facts as labels, with the value 1; its samples end in `_info`.
        case info
        case histogram
    }

    /// Units as their names end (OpenMetrics 1.0, "Units and base units").
    public enum Unit: String, Sendable {
        case seconds, bytes, ratio, samples, ppm
    }

    /// Without the suffix of its samples; with the unit.
    public let name: String
    public let kind: Kind
    public let unit: Unit?
    public let labels: [String]
    /// One sentence.
    public let help: String

    /// - Parameter name: without unit and suffix; `parley_` goes before it.
    public init(
        _ kind: Kind, _ name: String, _ unit: Unit, labels: [String] = [], _ help: String
    ) {
        self.init(kind, exactly: "parley_" + name, unit: unit, labels: labels, help)
    }

    /// - Parameter name: without suffix; `parley_` goes before it.
    public init(_ kind: Kind, _ name: String, labels: [String] = [], _ help: String) {
        self.init(kind, exactly: "parley_" + name, unit: nil, labels: labels, help)
    }

    /// - Parameter name: without unit and suffix: for names that others have made a custom.
    public init(
        _ kind: Kind, exactly name: String, unit: Unit?, labels: [String] = [], _ help: String
    ) {
        self.kind = kind
        self.name = unit.map { "\(name)_\($0.rawValue)" } ?? name
        self.unit = unit
        self.labels = labels
        self.help = help
    }

    /// The name of its plain samples.
    public var sampleName: String {
        switch kind {
        case .counter: name + "_total"
        case .info: name + "_info"
        case .gauge, .histogram: name
        }
    }

    /// The names of all its samples.
    public var sampleNames: [String] {
        kind == .histogram
            ? [name + "_bucket", name + "_count", name + "_sum"] : [sampleName]
    }
}
