import JSON

/// JSON Schema (draft 7, as OpenRPC has it) of types.
extension ValueType {
    public var schema: JSONValue {
        switch self {
        case .null: ["type": "null"]
        case .string: ["type": "string"]
        case .boolean: ["type": "boolean"]
        case .integer(let range): Self.schema(ofIntegerIn: range)
        case .number(let range): Self.schema(ofNumberIn: range)
        case .choice(let choices): ["type": "string", "enum": .array(choices.map { .string($0) })]
        case .array(let element): ["type": "array", "items": element.schema]
        case .object(let members): Self.schema(of: members, isOpen: false)
        case .openObject(let members): Self.schema(of: members, isOpen: true)
        case .map(let element): ["type": "object", "additionalProperties": element.schema]
        case .either(let one, let other): ["anyOf": [one.schema, other.schema]]
        case .named(let name, _): ["$ref": .string("#/components/schemas/\(name)")]
        case .any: [:]
        }
    }

    /// What the names in this type stand for, its own included.
    var named: [String: ValueType] {
        switch self {
        case .null, .string, .boolean, .integer, .number, .choice, .any: [:]
        case .array(let element), .map(let element): element.named
        case .object(let members), .openObject(let members):
            members.map(\.type.named).reduce([:], Self.merged)
        case .either(let one, let other): Self.merged(one.named, other.named)
        case .named(let name, let type): Self.merged(type.named, [name: type])
        }
    }

    static func merged(
        _ one: [String: ValueType], _ other: [String: ValueType]
    ) -> [String: ValueType] {
        one.merging(other) { first, second in
            precondition(first == second, "two types have one name: \(first), \(second)")
            return first
        }
    }

    private static func schema(ofIntegerIn range: ClosedRange<Int64>) -> JSONValue {
        var schema: JSONObject = ["type": "integer"]
        if range.lowerBound > .min { schema["minimum"] = .integer(range.lowerBound) }
        if range.upperBound < .max { schema["maximum"] = .integer(range.upperBound) }
        return .object(schema)
    }

    private static func schema(ofNumberIn range: ClosedRange<Double>) -> JSONValue {
        var schema: JSONObject = ["type": "number"]
        if range.lowerBound.isFinite { schema["minimum"] = .number(range.lowerBound) }
        if range.upperBound.isFinite { schema["maximum"] = .number(range.upperBound) }
        return .object(schema)
    }

    private static func schema(of members: [Member], isOpen: Bool) -> JSONValue {
        var schema: JSONObject = ["type": "object"]
        if !members.isEmpty || !isOpen {
            var properties = JSONObject()
            for member in members {
                var property = member.type.schema.objectValue ?? [:]
                property["description"] = .string(member.summary)
                properties[member.name] = .object(property)
            }
            schema["properties"] = .object(properties)
        }
        let required = members.filter(\.isRequired).map(\.name)
        if !required.isEmpty { schema["required"] = .array(required.map { .string($0) }) }
        if !isOpen { schema["additionalProperties"] = false }
        return .object(schema)
    }
}
