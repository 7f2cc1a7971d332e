import JSON

/// An entry of the conversation. ``json`` is its shape in the control protocol.
public enum RealtimeItem: Sendable, Hashable {
    case message(Message)
    case functionCall(FunctionCallItem)
    case mcpCall(MCPCall)
    case mcpApprovalRequest(MCPApprovalRequest)
    /// An item of a kind that this version does not know, in the shape of the control protocol.
    case other(JSONValue)

    public enum Status: String, Sendable, Hashable {
        case inProgress = "in_progress"
        case completed
        case incomplete
    }

    public struct Message: Sendable, Hashable {
        public enum Role: String, Sendable, Hashable { case system, user, assistant }

        public var itemID: String
        public var previousItemID: String?
        public var role: Role
        /// nil for system messages, which have none.
        public var status: Status?
        public var content: [Content]

        public init(
            itemID: String, previousItemID: String? = nil, role: Role, status: Status? = .completed,
            content: [Content]
        ) {
            self.itemID = itemID
            self.previousItemID = previousItemID
            self.role = role
            self.status = status
            self.content = content
        }
    }

    public enum Content: Sendable, Hashable {
        case inputText(String)
        case inputAudio(transcript: String?)
        case inputImage(String)
        case outputText(String)
        case outputAudio(transcript: String?)
        case other(JSONValue)
    }

    public struct FunctionCallItem: Sendable, Hashable {
        public var itemID: String
        public var previousItemID: String?
        public var callID: String?
        public var status: Status
        public var name: String
        public var arguments: String
        /// nil until the function was answered.
        public var output: String?

        public init(
            itemID: String, previousItemID: String? = nil, callID: String? = nil, status: Status,
            name: String, arguments: String, output: String? = nil
        ) {
            self.itemID = itemID
            self.previousItemID = previousItemID
            self.callID = callID
            self.status = status
            self.name = name
            self.arguments = arguments
            self.output = output
        }
    }

    public struct MCPCall: Sendable, Hashable {
        public var itemID: String
        public var previousItemID: String?
        public var status: Status
        public var name: String
        public var arguments: String
        public var output: String?

        public init(
            itemID: String, previousItemID: String? = nil, status: Status, name: String,
            arguments: String, output: String? = nil
        ) {
            self.itemID = itemID
            self.previousItemID = previousItemID
            self.status = status
            self.name = name
            self.arguments = arguments
            self.output = output
        }
    }

    public struct MCPApprovalRequest: Sendable, Hashable {
        public var itemID: String
        public var serverLabel: String
        public var name: String
        public var arguments: JSONValue
        /// nil until somebody decided.
        public var approved: Bool?

        public init(
            itemID: String, serverLabel: String, name: String, arguments: JSONValue,
            approved: Bool? = nil
        ) {
            self.itemID = itemID
            self.serverLabel = serverLabel
            self.name = name
            self.arguments = arguments
            self.approved = approved
        }
    }
}
