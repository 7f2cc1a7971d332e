import JSON

/// Reads the schema of a plugin's options, and refuses what the daemon could not check.
struct SchemaReader {
    private(set) var properties: [OptionsSchema.Property] = []
    private(set) var required: [String] = []

    static let propertiesMax = 256
    private static let annotations: Set<String> = ["title", "description", "$schema", "examples"]

    mutating func read(_ document: JSONValue) throws(SchemaError) {
        guard let schema = document.objectValue else { throw SchemaError("it is no object") }
        guard schema["type"]?.stringValue == "object" else {
            throw SchemaError("its type must be \"object\"")
        }
        for (name, value) in schema.members {
            switch name {
            case "type", "properties", "required": continue
            case "additionalProperties":
                guard value == false else {
                    throw SchemaError("additionalProperties can only be false")
                }
            case _ where Self.annotations.contains(name): continue
            default: throw SchemaError("'\(name)' is not a keyword that Parley checks")
            }
        }
        if let listed = schema["properties"] {
            guard let members = listed.objectValue?.members else {
                throw SchemaError("'properties' is no object")
            }
            guard members.count <= Self.propertiesMax else {
                throw SchemaError("it has more than \(Self.propertiesMax) properties")
            }
            for (name, value) in members { properties.append(try Self.property(name, value)) }
        }
        try readRequired(schema["required"])
    }

    private mutating func readRequired(_ value: JSONValue?) throws(SchemaError) {
        guard let value else { return }
        guard let list = value.arrayValue else { throw SchemaError("'required' is no array") }
        for entry in list {
            guard let name = entry.stringValue, properties.contains(where: { $0.name == name })
            else {
                throw SchemaError("'required' names \(entry.serialized()), which is no property")
            }
            required.append(name)
        }
    }

    private static func property(
        _ name: String, _ value: JSONValue
    ) throws(SchemaError) -> OptionsSchema.Property {
        guard let schema = value.objectValue else { throw SchemaError("'\(name)' is no object") }
        guard let word = schema["type"]?.stringValue,
            let type = OptionsSchema.ValueType(rawValue: word)
        else {
            throw SchemaError(
                "'\(name)' needs a type: string, integer, number, boolean, array or object")
        }
        for (keyword, _) in schema.members {
            switch keyword {
            case "type", "items", "enum", "default", "minimum", "maximum", "x-secret",
                "x-secret-for", "x-file":
                continue
            case _ where annotations.contains(keyword): continue
            default:
                throw SchemaError("'\(name)' uses '\(keyword)', which Parley does not check")
            }
        }
        let isSecret = schema["x-secret"] == true
        guard !isSecret || type == .string && schema["default"] == nil else {
            throw SchemaError("'\(name)' is a secret: it must be a string without a default")
        }
        let secretFor = schema["x-secret-for"]
        guard secretFor == nil || isSecret && secretFor?.stringValue != nil else {
            throw SchemaError("'\(name)' says by 'x-secret-for' whose secret it is, and is none")
        }
        let isFile = schema["x-file"] == true
        guard !isFile || type == .string && !isSecret else {
            throw SchemaError("'\(name)' names a file: it must be a string, and no secret")
        }
        let property = OptionsSchema.Property(
            name: name, type: type, itemType: try itemType(name, type, schema["items"]),
            choices: try choices(name, schema["enum"]), fallback: schema["default"],
            minimum: try bound(name, "minimum", schema),
            maximum: try bound(name, "maximum", schema),
            isSecret: isSecret, secretFor: secretFor?.stringValue, isFile: isFile)
        try checkOwnValues(property)
        return property
    }

    private static func itemType(
        _ name: String, _ type: OptionsSchema.ValueType, _ items: JSONValue?
    ) throws(SchemaError) -> OptionsSchema.ValueType? {
        guard type == .array else {
            guard items == nil else { throw SchemaError("'\(name)' has items but is no array") }
            return nil
        }
        guard let word = items?["type"]?.stringValue,
            let itemType = OptionsSchema.ValueType(rawValue: word),
            itemType != .array, itemType != .object, items?.objectValue?.count == 1
        else {
            throw SchemaError(
                "'\(name)' needs items with nothing but a type: string, integer, number or boolean")
        }
        return itemType
    }

    private static func choices(
        _ name: String, _ value: JSONValue?
    ) throws(SchemaError) -> [JSONValue]? {
        guard let value else { return nil }
        guard let list = value.arrayValue, !list.isEmpty else {
            throw SchemaError("'\(name)' has an enum that lists nothing")
        }
        return list
    }

    private static func bound(
        _ name: String, _ keyword: String, _ schema: JSONObject
    ) throws(SchemaError) -> Double? {
        guard let value = schema[keyword] else { return nil }
        guard let number = value.numberValue else {
            throw SchemaError("'\(name)' has a \(keyword) that is no number")
        }
        return number
    }

    /// A default or a choice that the property itself would refuse is a mistake of the plugin.
    private static func checkOwnValues(_ property: OptionsSchema.Property) throws(SchemaError) {
        for choice in property.choices ?? [] where !property.type.fits(choice) {
            throw SchemaError("'\(property.name)' lists \(choice.serialized()), of another type")
        }
        guard let fallback = property.fallback else { return }
        if let fault = property.fault(of: fallback) {
            throw SchemaError("the default of '\(property.name)' \(fault)")
        }
    }
}
