import JSON

/// Reads the arguments of a command; an error names the command and the argument.
struct ArgumentReader {
    let command: String
    let arguments: JSONObject

    init(command: String, _ arguments: JSONObject) {
        self.command = command
        self.arguments = arguments
    }

    func fault(_ name: String, _ what: String) -> TransportError {
        TransportError(.invalid, "\(command): '\(name)' \(what)")
    }

    /// null counts as missing.
    private func present(_ name: String) -> JSONValue? {
        guard let value = arguments[name], !value.isNull else { return nil }
        return value
    }

    func value(_ name: String) throws(TransportError) -> JSONValue {
        guard let value = present(name) else { throw fault(name, "is missing") }
        return value
    }

    func string(_ name: String) throws(TransportError) -> String {
        guard let text = try value(name).stringValue else { throw fault(name, "must be a string") }
        return text
    }

    func optionalString(_ name: String) throws(TransportError) -> String? {
        present(name) == nil ? nil : try string(name)
    }

    func object(_ name: String) throws(TransportError) -> JSONObject {
        guard let object = try value(name).objectValue else {
            throw fault(name, "must be an object")
        }
        return object
    }

    func optionalObject(_ name: String) throws(TransportError) -> JSONObject? {
        present(name) == nil ? nil : try object(name)
    }

    func array(_ name: String) throws(TransportError) -> [JSONValue] {
        guard let array = try value(name).arrayValue else { throw fault(name, "must be an array") }
        return array
    }

    func bool(_ name: String, default fallback: Bool? = nil) throws(TransportError) -> Bool {
        if let fallback, present(name) == nil { return fallback }
        guard let bool = try value(name).boolValue else {
            throw fault(name, "must be true or false")
        }
        return bool
    }

    /// Telephone keys: 0 to 9, A to D, * and #, with commas and spaces as pauses; 1 to 256.
    func digits(_ name: String) throws(TransportError) -> String {
        let text = try string(name)
        let keys = "0123456789ABCDabcd*#, "
        guard (1...256).contains(text.utf8.count), text.allSatisfy({ keys.contains($0) }) else {
            throw fault(name, "must be 1 to 256 of 0-9, A-D, * and #")
        }
        return text
    }
}
