import JSON

/// Options that were checked against a plugin's schema.
public struct ValidatedOptions: Sendable, Hashable {
    /// An object: what the plugin gets, defaults filled in, secrets taken out.
    public let options: JSONValue
    /// By name. Never to be logged or told.
    public let secrets: [String: String]
}

/// What is wrong with options: a sentence that names the key.
public struct OptionsError: Error, Hashable, CustomStringConvertible {
    public let key: String?
    public let description: String
}

extension OptionsSchema {
    /// Checks options and fills in defaults. A secret may be missing: the plugin asks for it later.
    public func validate(_ value: JSONValue) throws(OptionsError) -> ValidatedOptions {
        guard let given = value.objectValue else {
            throw OptionsError(key: nil, description: "options must be an object")
        }
        for (name, _) in given.members where self[name] == nil {
            let known = properties.map { "'\($0.name)'" }.joined(separator: ", ")
            throw OptionsError(
                key: name,
                description: "there is no option '\(name)'; "
                    + (known.isEmpty ? "this transport takes none" : "there are \(known)"))
        }
        var options = JSONObject()
        var secrets: [String: String] = [:]
        for property in properties {
            guard let value = given[property.name] else {
                if let fallback = property.fallback {
                    options[property.name] = fallback
                } else if required.contains(property.name), !property.isSecret {
                    throw OptionsError(
                        key: property.name, description: "the option '\(property.name)' is missing")
                }
                continue
            }
            if let fault = property.fault(of: value) {
                throw OptionsError(
                    key: property.name, description: "the option '\(property.name)' \(fault)")
            }
            if property.isSecret {
                secrets[property.name] = value.stringValue
            } else {
                options[property.name] = value
            }
        }
        return ValidatedOptions(options: .object(options), secrets: secrets)
    }
}

extension OptionsSchema.ValueType {
    /// Whether a value has this type. A whole number such as 3.0 counts as an integer, as in JSON Schema.
    func fits(_ value: JSONValue) -> Bool {
        switch self {
        case .string: value.stringValue != nil
        case .integer:
            value.integerValue != nil
                || value.numberValue.map { $0 == $0.rounded() && abs($0) < 0x1p53 } == true
        case .number: value.numberValue != nil
        case .boolean: value.boolValue != nil
        case .array: value.arrayValue != nil
        case .object: value.objectValue != nil
        }
    }

    var article: String {
        switch self {
        case .integer, .array, .object: "an \(rawValue)"
        default: "a \(rawValue)"
        }
    }
}

extension OptionsSchema.Property {
    /// What is wrong with a value, as the end of a sentence. Never repeats a secret.
    func fault(of value: JSONValue) -> String? {
        guard type.fits(value) else { return "must be \(type.article)" }
        if let choices, !choices.contains(value) {
            let list = choices.map { $0.serialized() }.joined(separator: ", ")
            return "must be one of \(list)"
        }
        if let itemType, let items = value.arrayValue, !items.allSatisfy(itemType.fits) {
            return "must be an array of \(itemType.rawValue) values"
        }
        if let number = value.numberValue {
            if let minimum, number < minimum { return "must be at least \(Self.text(minimum))" }
            if let maximum, number > maximum { return "must be at most \(Self.text(maximum))" }
        }
        return nil
    }

    private static func text(_ number: Double) -> String {
        Int64(exactly: number).map { "\($0)" } ?? "\(number)"
    }
}
