import Control
import JSON

/// A gateway that let the doctor in.
struct GatewayLine {
    /// Of its socket.
    var path: String
    /// Calls a method without parameters; nil when the answer is a refusal, or none within 5 s.
    var ask: (String) -> JSONValue?
}

extension GatewayLine {
    init(_ client: ControlClient) {
        path = client.path
        ask = { try? client.answer($0, timeout: .seconds(5)) }
    }
}
