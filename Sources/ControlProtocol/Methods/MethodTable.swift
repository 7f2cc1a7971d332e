extension ControlMethod {
    /// Every method: the one table that says who may call what, with which parameters, and what comes
    /// back.
    public static let all: [ControlMethod] =
        gateway + devices + transports + sessions + session + events

    public static func named(_ name: String) -> ControlMethod? { byName[name] }

    private static let byName = Dictionary(
        all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
}
