import JSON

/// A refusal as clients see it: JSON-RPC 2.0's numeric code, a stable word, and a sentence that says
/// what to do.
public struct ControlError: Error, Hashable, CustomStringConvertible {
    /// Faults of the line and of parameters have numbers of their own; everything else is -32000.
    public enum Kind: Int64, Sendable {
        case parse = -32_700
        case invalidRequest = -32_600
        case unknownMethod = -32_601
        case invalidParameters = -32_602
        case refused = -32_000
    }

    /// The stable words of `data.code`.
    public enum Code: String, Sendable, CaseIterable {
        case unknownSession = "unknown_session"
        case unknownTransport = "unknown_transport"
        case transportRefused = "transport_refused"
        case transportFailed = "transport_failed"
        case deviceNotFound = "device_not_found"
        case soundServerAway = "sound_server_away"
        case notConnected = "not_connected"
        case notSupported = "not_supported"
        case invalidConfig = "invalid_config"
        case invalidOptions = "invalid_options"
        case nameTaken = "name_taken"
        case connectFailed = "connect_failed"
        case commandFailed = "command_failed"
        case forbidden = "forbidden"
        case limitExceeded = "limit_exceeded"
        case timeout = "timeout"
    }

    public let kind: Kind
    public let code: Code?
    public let message: String
    /// More members of `data`.
    public let details: JSONObject

    public init(_ code: Code, _ message: String, details: JSONObject = [:]) {
        kind = .refused
        self.code = code
        self.message = message
        self.details = details
    }

    public init(_ kind: Kind, _ message: String, code: Code? = nil) {
        self.kind = kind
        self.code = code
        self.message = message
        details = [:]
    }

    /// The `error` member of a response.
    public var json: JSONValue {
        var error: JSONObject = ["code": .integer(kind.rawValue), "message": .string(message)]
        var data = details
        if let code { data["code"] = .string(code.rawValue) }
        if !data.isEmpty { error["data"] = .object(data) }
        return .object(error)
    }

    public var description: String { code.map { "\(message) (\($0.rawValue))" } ?? message }
}
