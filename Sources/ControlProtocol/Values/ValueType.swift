import JSON

/// What a value on the control socket may be: a parameter, an answer, the data of an event.
///
/// One small language for all three: the server checks requests by it, and `rpc.discover` shows it as
/// JSON Schema.
public indirect enum ValueType: Sendable, Hashable {
    case null
    case string
    case boolean
    case integer(ClosedRange<Int64>)
    case number(ClosedRange<Double>)
    case choice([String])
    case array(ValueType)
    /// These members and no others.
    case object([Member])
    /// At least these members; others may be there.
    case openObject([Member])
    /// Any names, values of one type.
    case map(ValueType)
    case either(ValueType, ValueType)
    /// A type that is described once, under this name.
    case named(String, ValueType)
    case any

    /// Any object; somebody else knows what may be in it.
    public static var freeObject: ValueType { .openObject([]) }
    /// An integer that is not negative.
    public static var count: ValueType { .integer(0...Int64.max) }
    public static var real: ValueType { .number(-.infinity ... .infinity) }
    public static func optional(_ type: ValueType) -> ValueType { .either(type, .null) }

    /// "a string", for messages.
    var sentence: String {
        switch self {
        case .null: "null"
        case .string: "a string"
        case .boolean: "true or false"
        case .integer(let range) where range.upperBound == .max:
            "an integer from \(range.lowerBound)"
        case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range) where range.upperBound == .infinity: "a number"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let choices): "one of \(choices.map { "\"\($0)\"" }.joined(separator: ", "))"
        case .array: "an array"
        case .object, .openObject, .map: "an object"
        case .either(let one, let other): "\(one.sentence) or \(other.sentence)"
        case .named(_, let type): type.sentence
        case .any: "a value"
        }
    }
}

/// A member of an object: a parameter of a method, a part of an answer.
public struct Member: Sendable, Hashable {
    public let name: String
    public let type: ValueType
    public let isRequired: Bool
    public let summary: String

    public static func required(_ name: String, _ type: ValueType, _ summary: String) -> Self {
        Self(name: name, type: type, isRequired: true, summary: summary)
    }

    public static func optional(_ name: String, _ type: ValueType, _ summary: String) -> Self {
        Self(name: name, type: type, isRequired: false, summary: summary)
    }
}
