import JSON

/// As much of JSON Schema (draft 7) as `rpc.discover` uses; a keyword that it does not know is a fault
/// of the schema.
struct SchemaValidator {
    /// What `#/components/schemas/` holds.
    let components: JSONObject

    /// What is wrong with a value; empty when it is as the schema says.
    func faults(_ value: JSONValue, _ schema: JSONValue, at path: String) -> [String] {
        guard let schema = schema.objectValue else { return ["\(path): the schema is no object"] }
        return schema.members.flatMap { keyword in
            faults(value, keyword.name, keyword.value, in: schema, at: path)
        }
    }

    private func faults(
        _ value: JSONValue, _ keyword: String, _ argument: JSONValue, in schema: JSONObject,
        at path: String
    ) -> [String] {
        switch keyword {
        case "description",
            "enum" where argument.arrayValue?.contains(value) == true:
            return []
        case "enum":
            return argument.arrayValue?.contains(value) == true
                ? [] : ["\(path): \(value.serialized()) is not one of \(argument.serialized())"]
        case "$ref":
            let name = argument.stringValue?.split(separator: "/").last.map(String.init) ?? ""
            guard let target = components[name] else { return ["\(path): no schema \(name)"] }
            return faults(value, target, at: path)
        case "type":
            return argument.stringValue == Self.type(of: value)
                || argument == "number" && value.numberValue != nil
                ? [] : ["\(path): \(value.serialized()) is no \(argument.serialized())"]
        case "minimum", "maximum":
            guard let number = value.numberValue, let limit = argument.numberValue else {
                return []
            }
            return (keyword == "minimum" ? number >= limit : number <= limit)
                ? [] : ["\(path): \(number) is beyond the \(keyword) \(limit)"]
        case "anyOf":
            let options = (argument.arrayValue ?? []).map { faults(value, $0, at: path) }
            return options.contains { $0.isEmpty } ? [] : options.flatMap { $0 }
        case "items":
            return (value.arrayValue ?? []).enumerated().flatMap {
                faults($0.element, argument, at: "\(path)[\($0.offset)]")
            }
        case "required":
            return (argument.arrayValue ?? []).compactMap(\.stringValue).filter {
                value.objectValue != nil && value[$0] == nil
            }.map { "\(path).\($0) is missing" }
        case "properties", "additionalProperties":
            return (value.objectValue?.members ?? []).flatMap { member -> [String] in
                let path = "\(path).\(member.name)"
                let known = schema["properties"]?[member.name]
                if keyword == "properties" {
                    return known.map { faults(member.value, $0, at: path) } ?? []
                }
                guard known == nil else { return [] }
                return argument == false
                    ? ["\(path) is not declared"] : faults(member.value, argument, at: path)
            }
        default: return ["\(path): the schema has the keyword \(keyword)"]
        }
    }

    private static func type(of value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
