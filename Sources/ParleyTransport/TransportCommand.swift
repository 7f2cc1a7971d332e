import JSON

/// A member of the transport layer that a client called, with its arguments decoded from JSON.
public enum TransportCommand: Sendable, Hashable {
    case sendEvent(JSONObject)
    case sendMessage(UserMessage)
    case addImage(image: String, triggerResponse: Bool)
    case requestResponse(JSONObject?)
    case updateSessionConfig(JSONObject)
    case mute(Bool)
    case sendFunctionCallOutput(FunctionCallOutput)
    case interrupt
    case resetHistory([JSONValue])
    case sendMCPResponse(MCPResponse)
    case commitAudio
    case clearAudio
    case sendDTMF(String)

    /// Decodes a command of the C interface.
    public init(name: String, arguments: JSONObject) throws(TransportError) {
        let reader = ArgumentReader(command: name, arguments)
        switch name {
        case "sendEvent": self = .sendEvent(try reader.object("event"))
        case "sendMessage": self = .sendMessage(try UserMessage(reader))
        case "addImage":
            self = .addImage(
                image: try reader.string("image"),
                triggerResponse: try reader.bool("triggerResponse", default: true))
        case "requestResponse": self = .requestResponse(try reader.optionalObject("response"))
        case "updateSessionConfig": self = .updateSessionConfig(try reader.object("config"))
        case "mute": self = .mute(try reader.bool("muted"))
        case "sendFunctionCallOutput":
            self = .sendFunctionCallOutput(try FunctionCallOutput(reader))
        case "interrupt": self = .interrupt
        case "resetHistory": self = .resetHistory(try reader.array("history"))
        case "sendMcpResponse": self = .sendMCPResponse(try MCPResponse(reader))
        case "commitAudio": self = .commitAudio
        case "clearAudio": self = .clearAudio
        case "sendDtmf": self = .sendDTMF(try reader.digits("digits"))
        default: throw .notSupported(name)
        }
    }
}

/// A message of the user: text, or an object with a `content` array of input parts.
public struct UserMessage: Sendable, Hashable {
    /// A string or an object.
    public var message: JSONValue
    /// Members that are merged into the peer's event.
    public var otherEventData: JSONObject
    public var triggerResponse: Bool

    public init(
        _ message: JSONValue, otherEventData: JSONObject = [:], triggerResponse: Bool = true
    ) {
        self.message = message
        self.otherEventData = otherEventData
        self.triggerResponse = triggerResponse
    }

    init(_ reader: ArgumentReader) throws(TransportError) {
        let message = try reader.value("message")
        guard message.stringValue != nil || message.objectValue != nil else {
            throw reader.fault("message", "must be a string or an object")
        }
        self.init(
            message, otherEventData: try reader.optionalObject("otherEventData") ?? [:],
            triggerResponse: try reader.bool("triggerResponse", default: true))
    }

    /// The parts of the message; text alone is one `input_text`.
    public var content: [JSONValue] {
        if let text = message.stringValue {
            return [["type": "input_text", "text": .string(text)]]
        }
        return message["content"]?.arrayValue ?? []
    }
}

/// What a function that the peer called has answered.
public struct FunctionCallOutput: Sendable, Hashable {
    public var callID: String
    public var output: String
    public var startResponse: Bool

    public init(callID: String, output: String, startResponse: Bool = true) {
        self.callID = callID
        self.output = output
        self.startResponse = startResponse
    }

    /// An output that is no string is passed on as its JSON text.
    init(_ reader: ArgumentReader) throws(TransportError) {
        let output = try reader.value("output")
        self.init(
            callID: try reader.string("callId"), output: output.stringValue ?? output.serialized(),
            startResponse: try reader.bool("startResponse", default: true))
    }
}

/// Whether an MCP tool may be called.
public struct MCPResponse: Sendable, Hashable {
    public var approvalRequestID: String
    public var approved: Bool
    public var reason: String?

    public init(approvalRequestID: String, approved: Bool, reason: String? = nil) {
        self.approvalRequestID = approvalRequestID
        self.approved = approved
        self.reason = reason
    }

    init(_ reader: ArgumentReader) throws(TransportError) {
        self.init(
            approvalRequestID: try reader.string("approvalRequestId"),
            approved: try reader.bool("approved"), reason: try reader.optionalString("reason"))
    }
}
