import JSON

/// The options that a plugin takes: the part of JSON Schema that the daemon checks itself.
///
/// One object; properties of type string, integer, number, boolean, array of those, or object, which is
/// passed through; `enum`, `default`, `minimum`, `maximum`, `description`, `title`; `required`;
/// `x-secret` marks a secret and `x-secret-for` the option that says to whom it goes, `x-file` the name of a file that
/// the plugin reads. A property that is not listed is an error.
public struct OptionsSchema: Sendable, Hashable {
    public enum ValueType: String, Sendable, Hashable {
        case string, integer, number, boolean, array, object
    }

    public struct Property: Sendable, Hashable {
        public let name: String
        public let type: ValueType
        /// Of an array.
        public let itemType: ValueType?
        public let choices: [JSONValue]?
        public let fallback: JSONValue?
        public let minimum: Double?
        public let maximum: Double?
        /// Never part of the options that a plugin gets: it asks by name.
        public let isSecret: Bool
        /// Of a secret: the option with the servers that get it; nil stands for `url`.
        public let secretFor: String?
        /// Names a file that the plugin reads: what config names here, its host may open.
        public let isFile: Bool
    }

    /// In the plugin's order.
    public let properties: [Property]
    public let required: [String]
    /// The schema itself, for whoever asks; an empty object schema when the plugin has none.
    public let document: JSONValue

    /// Reads a plugin's schema; nil is a plugin without options.
    init(text: String?) throws(SchemaError) {
        guard let text else {
            properties = []
            required = []
            document = ["type": "object", "properties": [:]]
            return
        }
        do {
            document = try JSONValue(parsing: text)
        } catch {
            throw SchemaError("it can't be read: \(error)")
        }
        var reader = SchemaReader()
        try reader.read(document)
        properties = reader.properties
        required = reader.required
    }

    public subscript(name: String) -> Property? { properties.first { $0.name == name } }

    /// The names of the secrets that the plugin may ask for.
    public var secretNames: [String] { properties.filter(\.isSecret).map(\.name) }
}

/// Why a schema is refused: a sentence that names the property.
struct SchemaError: Error, Hashable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
