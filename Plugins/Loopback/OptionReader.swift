import ParleyTransport

/// Reads options; an error names the option and says what it must be.
struct OptionReader {
    private let object: JSONObject
    private var known: Set<String> = []

    init(_ object: JSONObject) { self.object = object }

    static func fault(_ name: String, _ what: String) -> TransportError {
        TransportError(.invalid, "option '\(name)' \(what)")
    }

    /// null counts as missing.
    mutating func value(_ name: String) -> JSONValue? {
        known.insert(name)
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    mutating func string(_ name: String) throws(TransportError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.stringValue else { throw Self.fault(name, "must be a string") }
        return text
    }

    /// An empty text is none.
    mutating func text(_ name: String) throws(TransportError) -> String? {
        guard let text = try string(name), !text.isEmpty else { return nil }
        return text
    }

    mutating func bool(_ name: String) throws(TransportError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let bool = value.boolValue else {
            throw Self.fault(name, "must be true or false")
        }
        return bool
    }

    mutating func number(
        _ name: String, _ range: ClosedRange<Double>
    ) throws(TransportError) -> Double? {
        guard let value = value(name) else { return nil }
        guard let number = value.numberValue, range.contains(number) else {
            throw Self.fault(
                name, "must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func choice<Choice>(
        _ name: String, _ make: (String) -> Choice?
    ) throws(TransportError) -> Choice? {
        guard let text = try string(name) else { return nil }
        guard let choice = make(text) else { throw Self.fault(name, "can't be '\(text)'") }
        return choice
    }

    /// Milliseconds, as nanoseconds.
    mutating func ms(_ name: String, upTo limit: Double) throws(TransportError) -> UInt64? {
        try number(name, 0...limit).map { UInt64($0 * 1_000_000) }
    }

    /// Seconds, as nanoseconds; 0 is none.
    mutating func seconds(_ name: String) throws(TransportError) -> UInt64? {
        guard let seconds = try number(name, 0...86_400), seconds > 0 else { return nil }
        return UInt64(seconds * 1_000_000_000)
    }

    func refuseUnknown() throws(TransportError) {
        if let member = object.members.first(where: { !known.contains($0.name) }) {
            throw Self.fault(member.name, "is unknown; transports.describe lists what there is")
        }
    }
}
