import JSON

/// Which audio is complete; all members may be missing.
public struct AudioDone: Sendable, Hashable {
    public var itemID: String?
    public var contentIndex: Int?
    public var responseID: String?

    public init(itemID: String? = nil, contentIndex: Int? = nil, responseID: String? = nil) {
        self.itemID = itemID
        self.contentIndex = contentIndex
        self.responseID = responseID
    }

    var json: JSONValue {
        var object = JSONObject()
        object["itemId"] = itemID.map { .string($0) }
        object["contentIndex"] = contentIndex.map { .integer(Int64($0)) }
        object["responseId"] = responseID.map { .string($0) }
        return .object(object)
    }
}

/// More text of an item: what the assistant says or writes.
public struct TextDelta: Sendable, Hashable {
    public var itemID: String
    public var delta: String
    public var responseID: String?

    public init(itemID: String, delta: String, responseID: String? = nil) {
        self.itemID = itemID
        self.delta = delta
        self.responseID = responseID
    }

    func json(type: String) -> JSONValue {
        var object: JSONObject = [
            "type": .string(type), "itemId": .string(itemID), "delta": .string(delta),
        ]
        object["responseId"] = responseID.map { .string($0) }
        return .object(object)
    }
}

/// The peer wants a function called; sent when its arguments are complete.
public struct FunctionCall: Sendable, Hashable {
    public var id: String?
    public var callID: String
    public var name: String
    /// JSON text, as the peer wrote it.
    public var arguments: String
    public var previousItemID: String?
    public var responseID: String?

    public init(
        id: String? = nil, callID: String, name: String, arguments: String,
        previousItemID: String? = nil, responseID: String? = nil
    ) {
        self.id = id
        self.callID = callID
        self.name = name
        self.arguments = arguments
        self.previousItemID = previousItemID
        self.responseID = responseID
    }

    var json: JSONValue {
        var object = JSONObject()
        object["id"] = id.map { .string($0) }
        object["type"] = "function_call"
        object["name"] = .string(name)
        object["callId"] = .string(callID)
        object["arguments"] = .string(arguments)
        object["previousItemId"] = previousItemID.map { .string($0) }
        object["responseId"] = responseID.map { .string($0) }
        return .object(object)
    }
}

/// A response is complete.
public struct TurnDone: Sendable, Hashable {
    public var responseID: String?
    /// `completed`, `cancelled`, `failed`, `incomplete`; nil when the peer does not say.
    public var status: String?
    public var output: [JSONValue]
    public var usage: Usage?

    public init(
        responseID: String? = nil, status: String? = nil, output: [JSONValue] = [],
        usage: Usage? = nil
    ) {
        self.responseID = responseID
        self.status = status
        self.output = output
        self.usage = usage
    }

    var json: JSONValue {
        var response = JSONObject()
        response["id"] = responseID.map { .string($0) }
        response["status"] = status.map { .string($0) }
        response["output"] = .array(output)
        response["usage"] = usage?.json
        return ["type": "response_done", "response": .object(response)]
    }
}

/// Tokens that a response took.
public struct Usage: Sendable, Hashable {
    public var inputTokens: Int
    public var outputTokens: Int
    public var totalTokens: Int
    /// By kind; empty when the peer gives none.
    public var inputDetails: JSONObject
    public var outputDetails: JSONObject

    /// `totalTokens` is the sum of both when it is left out.
    public init(
        inputTokens: Int, outputTokens: Int, totalTokens: Int? = nil,
        inputDetails: JSONObject = [:], outputDetails: JSONObject = [:]
    ) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.totalTokens = totalTokens ?? inputTokens + outputTokens
        self.inputDetails = inputDetails
        self.outputDetails = outputDetails
    }

    var json: JSONValue {
        var object: JSONObject = [
            "inputTokens": .integer(Int64(inputTokens)),
            "outputTokens": .integer(Int64(outputTokens)),
            "totalTokens": .integer(Int64(totalTokens)),
        ]
        if !inputDetails.isEmpty { object["inputTokensDetails"] = .object(inputDetails) }
        if !outputDetails.isEmpty { object["outputTokensDetails"] = .object(outputDetails) }
        return .object(object)
    }
}
