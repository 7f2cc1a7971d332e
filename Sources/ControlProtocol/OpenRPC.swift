import JSON

/// The OpenRPC document that `rpc.discover` answers, made from the table that the server checks by.
///
/// Events have no place in OpenRPC 1.3; `x-events` shows the `data` of each as JSON Schema.
public enum OpenRPC {
    public static func document(version: String) -> JSONValue {
        [
            "openrpc": "1.3.2",
            "info": ["title": "Parley control protocol", "version": .string(version)],
            "methods": .array(ControlMethod.all.map(method)),
            "components": ["schemas": .object(schemas), "errors": .object(errors)],
            "x-events": .object(events),
        ]
    }

    private static func method(_ method: ControlMethod) -> JSONValue {
        [
            "name": .string(method.name),
            "summary": .string(method.summary),
            "paramStructure": "by-name",
            "params": .array(method.parameters.map(descriptor)),
            "result": ["name": "result", "required": true, "schema": method.result.schema],
            "errors": .array(
                method.everyError.map { ["$ref": .string("#/components/errors/\($0.name)")] }),
            "x-access": method.access == .read ? "monitor" : "control",
        ]
    }

    private static func descriptor(_ parameter: Member) -> JSONValue {
        [
            "name": .string(parameter.name),
            "description": .string(parameter.summary),
            "required": .bool(parameter.isRequired),
            "schema": parameter.type.schema,
        ]
    }

    // MARK: Components

    private static var schemas: JSONObject {
        let types =
            ControlMethod.all.flatMap { [$0.result] + $0.parameters.map(\.type) }
            + EventType.allCases.map(\.data)
        let named = types.map(\.named).reduce([:], ValueType.merged)
        return JSONObject(
            named.sorted { $0.key < $1.key }.map { ($0.key, $0.value.schema) })
    }

    private static var errors: JSONObject {
        var all: JSONObject = [:]
        for error in ControlMethod.all.flatMap(\.everyError) { all[error.name] = error.json }
        return all
    }

    private static var events: JSONObject {
        JSONObject(
            EventType.allCases.map { type in
                var event: JSONObject = ["schema": type.data.schema]
                event["x-access"] = type.isForMonitors ? "monitor" : "control"
                return (type.rawValue, .object(event))
            })
    }
}

/// An error as OpenRPC lists it.
private struct ListedError {
    /// Of the component.
    let name: String
    let json: JSONValue

    init(_ kind: ControlError.Kind, _ name: String, _ message: String) {
        self.name = name
        json = ["code": .integer(kind.rawValue), "message": .string(message)]
    }

    /// JSON-RPC's number is the same for all of these; the word in `data.code` tells them apart.
    init(_ code: ControlError.Code) {
        name = code.rawValue
        json = [
            "code": .integer(ControlError.Kind.refused.rawValue),
            "message": .string(code.rawValue.replacing("_", with: " ")),
            "data": ["code": .string(code.rawValue)],
        ]
    }
}

extension ControlMethod {
    fileprivate var everyError: [ListedError] {
        [
            ListedError(.invalidRequest, "invalid_request", "not a request, too long or too deep"),
            ListedError(
                .invalidParameters, "invalid_parameters", "the message names the parameter"),
        ] + refusals.map { ListedError($0) }
    }
}
