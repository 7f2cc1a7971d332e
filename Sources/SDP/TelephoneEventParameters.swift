/// What the `fmtp` of telephone-event says: which events its writer takes (RFC 4733, section 2.4.1).
public struct TelephoneEventParameters: Sendable, Hashable {
    public var events: [ClosedRange<UInt8>]

    /// The sixteen keys, which is also what no `fmtp` means.
    public init() { events = [0...15] }

    /// Reads `0-15,66`; passes over what is no event.
    public init(parsing text: String) {
        events = []
        for part in text[...].utf8.split(separator: UInt8(ascii: ",")) {
            let (first, last) = Substring(part).trimmed.cut(at: UInt8(ascii: "-"))
            guard let low = first.number(UInt8.self) else { continue }
            guard let last else {
                events.append(low...low)
                continue
            }
            guard let high = last.number(UInt8.self), high >= low else { continue }
            events.append(low...high)
        }
    }

    public func contains(_ event: UInt8) -> Bool { events.contains { $0.contains(event) } }

    public var text: String {
        events.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
