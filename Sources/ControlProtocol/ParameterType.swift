import JSON

/// What a parameter may be.
public indirect enum ParameterType: Sendable, Hashable {
    case string
    case boolean
    case integer(ClosedRange<Int64>)
    case number(ClosedRange<Double>)
    case choice([String])
    case array(ParameterType)
    case object([Parameter])
    /// Any object; somebody else knows what may be in it.
    case freeObject
    case either(ParameterType, ParameterType)
    case any

    /// Checks a value, and within objects every name.
    ///
    /// - Parameter path: of the value, for the message.
    public func check(_ value: JSONValue, path: String) throws(ControlError) {
        switch (self, value) {
        case (.any, _), (.string, .string), (.boolean, .bool), (.freeObject, .object): return
        case (.integer(let range), .integer(let number)) where range.contains(number): return
        case (.number(let range), _):
            if let number = value.numberValue, range.contains(number) { return }
        case (.choice(let choices), .string(let text)) where choices.contains(text): return
        case (.array(let element), .array(let values)):
            for (index, value) in values.enumerated() {
                try element.check(value, path: "\(path)[\(index)]")
            }
            return
        case (.object(let members), .object(let object)):
            return try members.check(object, path: path)
        case (.either(let one, let other), _):
            if (try? one.check(value, path: path)) != nil { return }
            return try other.check(value, path: path)
        default: break
        }
        throw ControlError(.invalidParameters, "\(path) must be \(sentence)")
    }

    /// "a string", for messages.
    var sentence: String {
        switch self {
        case .string: "a string"
        case .boolean: "true or false"
        case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let choices): "one of \(choices.map { "\"\($0)\"" }.joined(separator: ", "))"
        case .array: "an array"
        case .object, .freeObject: "an object"
        case .either(let one, let other): "\(one.sentence) or \(other.sentence)"
        case .any: "a value"
        }
    }

    /// JSON Schema of the type.
    public var schema: JSONValue {
        switch self {
        case .string: ["type": "string"]
        case .boolean: ["type": "boolean"]
        case .integer(let range):
            [
                "type": "integer", "minimum": .integer(range.lowerBound),
                "maximum": .integer(range.upperBound),
            ]
        case .number(let range):
            [
                "type": "number", "minimum": .number(range.lowerBound),
                "maximum": .number(range.upperBound),
            ]
        case .choice(let choices): ["type": "string", "enum": .array(choices.map { .string($0) })]
        case .array(let element): ["type": "array", "items": element.schema]
        case .object(let members): members.schema
        case .freeObject: ["type": "object"]
        case .either(let one, let other): ["anyOf": [one.schema, other.schema]]
        case .any: [:]
        }
    }
}

/// A named parameter, or a member of one.
public struct Parameter: Sendable, Hashable {
    public let name: String
    public let type: ParameterType
    public let isRequired: Bool
    public let summary: String

    public static func required(_ name: String, _ type: ParameterType, _ summary: String) -> Self {
        Self(name: name, type: type, isRequired: true, summary: summary)
    }

    public static func optional(_ name: String, _ type: ParameterType, _ summary: String) -> Self {
        Self(name: name, type: type, isRequired: false, summary: summary)
    }
}

extension [Parameter] {
    /// Checks an object's members: nothing unknown, nothing missing, every type right. null stands for
    /// an optional parameter that is left out.
    public func check(_ object: JSONObject, path: String = "") throws(ControlError) {
        let prefix = path.isEmpty ? "" : "\(path)."
        let unknown = object.members.map(\.name).filter { name in !contains { $0.name == name } }
        guard unknown.isEmpty else {
            let known = map(\.name).joined(separator: ", ")
            throw ControlError(
                .invalidParameters,
                "unknown parameter \(unknown.map { "\(prefix)\($0)" }.joined(separator: ", ")); "
                    + "known are: \(known.isEmpty ? "none" : known)")
        }
        for parameter in self {
            let value = object[parameter.name] ?? .null
            if value.isNull {
                guard !parameter.isRequired else {
                    throw ControlError(
                        .invalidParameters, "parameter \(prefix)\(parameter.name) is missing")
                }
                continue
            }
            try parameter.type.check(value, path: "\(prefix)\(parameter.name)")
        }
    }

    public var schema: JSONValue {
        var properties = JSONObject()
        for parameter in self {
            var schema = parameter.type.schema.objectValue ?? [:]
            schema["description"] = .string(parameter.summary)
            properties[parameter.name] = .object(schema)
        }
        return [
            "type": "object", "properties": .object(properties),
            "required": .array(filter(\.isRequired).map { .string($0.name) }),
            "additionalProperties": false,
        ]
    }
}
