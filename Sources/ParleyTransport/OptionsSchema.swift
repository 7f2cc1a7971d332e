import JSON

/// The options of a plugin: a JSON Schema in the subset that the daemon checks.
public struct OptionsSchema: Sendable {
    /// The document itself.
    public let document: JSONValue

    /// A schema that is written as JSON.
    public init(document: JSONValue) { self.document = document }

    public init(_ properties: [Property]) {
        var members = JSONObject()
        for property in properties { members[property.name] = .object(property.schema) }
        var schema: JSONObject = ["type": "object", "properties": .object(members)]
        let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { schema["required"] = .array(required) }
        document = .object(schema)
    }

    /// One option.
    public struct Property: Sendable {
        public let name: String
        var schema: JSONObject
        var isRequired = false

        private init(_ name: String, _ type: String, _ description: String, default: JSONValue?) {
            self.name = name
            schema = ["type": .string(type), "description": .string(description)]
            if let fallback = `default` { schema["default"] = fallback }
        }

        public static func string(
            _ name: String, _ description: String, default: String? = nil, choices: [String] = []
        ) -> Property {
            var property = Property(
                name, "string", description, default: `default`.map { .string($0) })
            if !choices.isEmpty { property.schema["enum"] = .array(choices.map { .string($0) }) }
            return property
        }

        public static func integer(
            _ name: String, _ description: String, default: Int? = nil, in range: ClosedRange<Int>
        ) -> Property {
            var property = Property(
                name, "integer", description, default: `default`.map { .integer(Int64($0)) })
            property.schema["minimum"] = .integer(Int64(range.lowerBound))
            property.schema["maximum"] = .integer(Int64(range.upperBound))
            return property
        }

        public static func number(
            _ name: String, _ description: String, default: Double? = nil,
            in range: ClosedRange<Double>
        ) -> Property {
            var property = Property(
                name, "number", description, default: `default`.map { .number($0) })
            property.schema["minimum"] = .number(range.lowerBound)
            property.schema["maximum"] = .number(range.upperBound)
            return property
        }

        public static func boolean(
            _ name: String, _ description: String, default: Bool? = nil
        ) -> Property {
            Property(name, "boolean", description, default: `default`.map { .bool($0) })
        }

        /// An array of strings.
        public static func strings(_ name: String, _ description: String) -> Property {
            var property = Property(name, "array", description, default: nil)
            property.schema["items"] = ["type": "string"]
            return property
        }

        /// An object that the plugin checks itself.
        public static func object(_ name: String, _ description: String) -> Property {
            Property(name, "object", description, default: nil)
        }

        /// A secret: never in the options, asked for by ``TransportHost/requestSecret(_:)``.
        ///
        /// - Parameter servers: the option that says who gets it, `url` unless given: one of configuration is
        ///   handed over only while that option is as configured.
        public static func secret(
            _ name: String, _ description: String, for servers: String? = nil
        ) -> Property {
            var property = Property(name, "string", description, default: nil)
            property.schema["x-secret"] = true
            if let servers { property.schema["x-secret-for"] = .string(servers) }
            return property
        }

        /// The name of a file, or of a directory, that the plugin reads. A plugin may open no other but the
        /// system's libraries and certificates, and only configuration names one.
        public static func file(_ name: String, _ description: String) -> Property {
            var property = Property(name, "string", description, default: nil)
            property.schema["x-file"] = true
            return property
        }

        /// The same option, without which nothing connects.
        public var required: Property {
            var property = self
            property.isRequired = true
            return property
        }
    }
}
