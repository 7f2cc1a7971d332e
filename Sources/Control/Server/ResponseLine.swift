import ControlProtocol
import JSON

/// Answers as JSON-RPC 2.0 section 5 has them, with the line end.
enum ResponseLine {
    static func bytes(id: JSONValue, _ result: Result<JSONValue, ControlError>) -> [UInt8] {
        var response: JSONObject = ["jsonrpc": "2.0", "id": id]
        switch result {
        case .success(let value): response["result"] = value
        case .failure(let error): response["error"] = error.json
        }
        var bytes: [UInt8] = []
        JSONValue.object(response).serialize(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }
}
