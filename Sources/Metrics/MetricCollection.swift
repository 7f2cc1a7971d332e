/// The figures of one moment, family by family.
///
/// It takes only what makes a valid exposition: a family's own labels, no label set twice, no counter
/// that is negative. Whatever breaks a rule is a fault in a collector; it is left out, because a scraper
/// drops the whole text for one bad line.
public struct MetricCollection: Sendable {
    /// With at least one sample, in the order of the registry.
    public private(set) var families: [(family: MetricFamily, samples: [MetricSample])]
    /// What was left out.
    public private(set) var faults = 0
    private var places: [String: Int] = [:]
    private var seen: Set<SampleKey> = []

    private struct SampleKey: Hashable {
        let family: Int
        let labels: [String]
    }

    public init(of families: [MetricFamily]) {
        self.families = families.map { ($0, []) }
        for (place, family) in families.enumerated() { places[family.name] = place }
    }

    /// - Parameter labels: values, in the order of the family's labels.
    public mutating func add(_ family: MetricFamily, _ value: Int, _ labels: String...) {
        add(family, .integer(Int64(value)), labels)
    }

    /// - Parameter labels: values, in the order of the family's labels.
    public mutating func add(_ family: MetricFamily, _ value: Double, _ labels: String...) {
        add(family, .real(value), labels)
    }

    /// - Parameter labels: values, in the order of the family's labels.
    public mutating func add(_ family: MetricFamily, _ value: Bool, _ labels: String...) {
        add(family, .integer(value ? 1 : 0), labels)
    }

    public mutating func add(_ family: MetricFamily, _ value: MetricValue, _ labels: [String]) {
        guard family.kind != .histogram, let place = enter(family, labels) else {
            faults += 1
            return
        }
        if family.kind == .counter {
            switch value {
            case .integer(let count) where count >= 0: break
            case .real(let sum) where sum >= 0 && sum.isFinite: break
            default:
                faults += 1
                return
            }
        }
        families[place].samples.append(
            MetricSample(name: family.sampleName, labels: named(family, labels), value: value))
    }

    public mutating func add(_ family: MetricFamily, _ histogram: Histogram, _ labels: String...) {
        guard family.kind == .histogram, let place = enter(family, labels) else {
            faults += 1
            return
        }
        let named = named(family, labels)
        var sum = 0
        for (bound, count) in zip(histogram.bounds + [.infinity], histogram.counts) {
            sum += count
            let limit = MetricLabel(name: "le", value: MetricValue.real(bound).text)
            families[place].samples.append(
                MetricSample(
                    name: family.name + "_bucket", labels: named + [limit],
                    value: .integer(Int64(sum))))
        }
        families[place].samples.append(
            MetricSample(
                name: family.name + "_count", labels: named, value: .integer(Int64(sum))))
        families[place].samples.append(
            MetricSample(name: family.name + "_sum", labels: named, value: .real(histogram.sum)))
    }

    /// Where the family is, when it takes these labels.
    private mutating func enter(_ family: MetricFamily, _ labels: [String]) -> Int? {
        guard let place = places[family.name], labels.count == family.labels.count,
            seen.insert(SampleKey(family: place, labels: labels)).inserted
        else { return nil }
        return place
    }

    private func named(_ family: MetricFamily, _ values: [String]) -> [MetricLabel] {
        zip(family.labels, values).map { MetricLabel(name: $0, value: $1) }
    }
}
