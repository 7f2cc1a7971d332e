import EventLoop

/// Who knows which figures: the one source of the JSON of `gateway.metrics` and of the OpenMetrics text.
///
/// Nothing is counted here. A collector reads what its part keeps anyway, when somebody asks; as long as
/// nobody does, metrics cost nothing.
@LoopActor
public final class MetricRegistry {
    public typealias Collector = @LoopActor (inout MetricCollection) -> Void

    private var families: [MetricFamily] = []
    private var collectors: [Collector] = []

    public init() {}

    /// - Parameter families: all that `collect` may add to.
    public func register(_ families: [MetricFamily], _ collect: @escaping Collector) {
        let known = Set(self.families.map(\.name))
        let again = families.filter { known.contains($0.name) }
        precondition(again.isEmpty, "registered before: \(again.map(\.name))")
        self.families += families
        collectors.append(collect)
    }

    /// The figures as they are now.
    public func collect() -> MetricCollection {
        var collection = MetricCollection(of: families)
        for collect in collectors { collect(&collection) }
        return collection
    }
}
