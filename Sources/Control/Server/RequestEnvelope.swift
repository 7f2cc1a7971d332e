import ControlProtocol
import JSON

/// A request as JSON-RPC 2.0 section 4 has it, with named parameters only and no batches.
struct RequestEnvelope {
    /// nil: the client wants no answer.
    let id: JSONValue?
    let method: String
    let parameters: JSONObject

    init(_ request: JSONValue) throws(ControlError) {
        guard case .object(let object) = request else {
            throw ControlError(
                .invalidRequest,
                request.arrayValue == nil ? "a request is an object" : "batches are not supported")
        }
        guard object["jsonrpc"]?.stringValue == "2.0" else {
            throw ControlError(.invalidRequest, "\"jsonrpc\" must be \"2.0\"")
        }
        let unknown = object.members.map(\.name).filter {
            !["jsonrpc", "id", "method", "params"].contains($0)
        }
        guard unknown.isEmpty else {
            throw ControlError(
                .invalidRequest, "unknown member \(unknown.joined(separator: ", ")) of the request")
        }
        guard let method = object["method"]?.stringValue else {
            throw ControlError(.invalidRequest, "\"method\" must be a string")
        }
        switch object["id"] {
        case nil: id = nil
        case .string, .integer, .null: id = object["id"]
        default: throw ControlError(.invalidRequest, "\"id\" must be a string, an integer or null")
        }
        switch object["params"] {
        case nil: parameters = [:]
        case .object(let object): parameters = object
        default: throw ControlError(.invalidParameters, "parameters go by name, in an object")
        }
        self.method = method
    }

    /// The id of a request that is malformed, as far as it has one; null otherwise.
    static func id(of request: JSONValue) -> JSONValue {
        switch request["id"] {
        case .string(let text): .string(text)
        case .integer(let number): .integer(number)
        default: .null
        }
    }
}
