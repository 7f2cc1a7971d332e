/// What a key may hold: how it is read, written and described.
struct ValueType<Value: Sendable & Equatable>: Sendable {
    /// For the reference and for messages: `integer from 0 to 10`.
    let name: String
    let read: @Sendable (TomlNode) throws(Refusal) -> Value
    /// As TOML.
    let show: @Sendable (Value) -> String

    init(
        _ name: String, read: @escaping @Sendable (TomlNode) throws(Refusal) -> Value,
        show: @escaping @Sendable (Value) -> String
    ) {
        self.name = name
        self.read = read
        self.show = show
    }
}

extension ValueType where Value == Bool {
    static let bool = ValueType("boolean") { node throws(Refusal) in
        guard case .bool(let value) = node.value else {
            throw Refusal("must be true or false, not \(node.kindName)")
        }
        return value
    } show: { value in
        value ? "true" : "false"
    }
}

extension ValueType where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> ValueType {
        let name = "integer from \(range.lowerBound) to \(range.upperBound)"
        return ValueType(name) { node throws(Refusal) in
            guard case .integer(let value) = node.value else {
                throw Refusal("must be an \(name), not \(node.kindName)")
            }
            guard let value = Int(exactly: value), range.contains(value) else {
                throw Refusal("must be an \(name), not \(value)")
            }
            return value
        } show: { value in
            String(value)
        }
    }

    /// A number of bytes, written with a unit.
    static func size(_ low: String, _ high: String) -> ValueType {
        let range = (Quantity.bytes(low) ?? 0)...(Quantity.bytes(high) ?? .max)
        return ValueType("size from \(low) to \(high)") { node throws(Refusal) in
            let bytes = try quantity(
                node, example: "\"\(high)\"", units: Quantity.sizeUnits.map(\.name).reversed(),
                parse: Quantity.bytes)
            guard range.contains(bytes) else {
                throw Refusal("must be from \(low) to \(high), not \(node.string ?? "")")
            }
            return Int(bytes)
        } show: { value in
            TomlText.string(Quantity.text(bytes: Int64(value)))
        }
    }
}

extension ValueType where Value == Double {
    static func number(_ range: ClosedRange<Double>) -> ValueType {
        let name = "number from \(range.lowerBound) to \(range.upperBound)"
        return ValueType(name) { node throws(Refusal) in
            let value: Double
            switch node.value {
            case .integer(let integer): value = Double(integer)
            case .number(let number): value = number
            default: throw Refusal("must be a \(name), not \(node.kindName)")
            }
            guard range.contains(value) else { throw Refusal("must be a \(name), not \(value)") }
            return value
        } show: { value in
            TomlText.number(value)
        }
    }
}

extension ValueType where Value == Duration {
    /// A time span, written with a unit.
    static func duration(_ low: String, _ high: String) -> ValueType {
        let range = (Quantity.nanoseconds(low) ?? 0)...(Quantity.nanoseconds(high) ?? .max)
        return ValueType("duration from \(low) to \(high)") { node throws(Refusal) in
            let nanoseconds = try quantity(
                node, example: "\"\(high)\"",
                units: Quantity.durationUnits.map(\.name).reversed(), parse: Quantity.nanoseconds)
            guard range.contains(nanoseconds) else {
                throw Refusal("must be from \(low) to \(high), not \(node.string ?? "")")
            }
            return .nanoseconds(nanoseconds)
        } show: { value in
            TomlText.string(Quantity.text(nanoseconds: value.wholeNanoseconds))
        }
    }
}

extension ValueType where Value == String {
    /// - Parameter check: why a text is refused, as the end of a sentence that begins with "must", or
    ///   nil.
    static func string(
        _ name: String = "string", check: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> ValueType {
        ValueType(name) { node throws(Refusal) in
            guard let text = node.string else {
                throw Refusal("must be a string, not \(node.kindName)")
            }
            if let fault = check(text) { throw Refusal("must \(fault)") }
            return text
        } show: { value in
            TomlText.string(value)
        }
    }
}

extension ValueType where Value == [String] {
    /// A list of strings.
    static func list(
        _ name: String, of element: ValueType<String>, isEmptyAllowed: Bool = true
    ) -> ValueType {
        ValueType("list of \(name)") { node throws(Refusal) in
            guard let elements = node.array else {
                throw Refusal("must be a list such as [\"…\"], not \(node.kindName)")
            }
            guard isEmptyAllowed || !elements.isEmpty else { throw Refusal("must not be empty") }
            var values: [String] = []
            for node in elements { values.append(try element.read(node)) }
            return values
        } show: { values in
            TomlText.array(values.map(TomlText.string))
        }
    }
}

extension ValueType
where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// One of a few words.
    static var choice: ValueType {
        let words = Value.allCases.map { TomlText.string($0.rawValue) }.joined(separator: ", ")
        return ValueType("one of \(words)") { node throws(Refusal) in
            guard let text = node.string else {
                throw Refusal("must be one of \(words), not \(node.kindName)")
            }
            guard let value = Value(rawValue: text) else {
                throw Refusal("must be one of \(words), not \(TomlText.string(text))")
            }
            return value
        } show: { value in
            TomlText.string(value.rawValue)
        }
    }
}

/// Reads a string with a unit, and says which units there are when it has none.
private func quantity(
    _ node: TomlNode, example: String, units: [String], parse: (String) -> Int64?
) throws(Refusal) -> Int64 {
    let known = units.joined(separator: ", ")
    guard let text = node.string else {
        throw Refusal("must be a string with a unit such as \(example), not \(node.kindName)")
    }
    guard let value = parse(text) else {
        throw Refusal(
            "must be a number with a unit (\(known)) such as \(example), not "
                + TomlText.string(text))
    }
    return value
}
