import JSON

/// The OpenRPC document that `rpc.discover` answers, made from the table that the server checks by.
public enum OpenRPC {
    public static func document(version: String) -> JSONValue {
        [
            "openrpc": "1.3.2",
            "info": ["title": "Parley control protocol", "version": .string(version)],
            "methods": .array(ControlMethod.all.map(method)),
        ]
    }

    private static func method(_ method: ControlMethod) -> JSONValue {
        [
            "name": .string(method.name),
            "summary": .string(method.summary),
            "paramStructure": "by-name",
            "params": .array(
                method.parameters.map { parameter in
                    [
                        "name": .string(parameter.name),
                        "description": .string(parameter.summary),
                        "required": .bool(parameter.isRequired),
                        "schema": parameter.type.schema,
                    ]
                }),
            "result": ["name": "result", "schema": [:]],
            "x-access": method.access == .read ? "monitor" : "control",
        ]
    }
}
