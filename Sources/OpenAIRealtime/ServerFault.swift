import JSON

/// The inside of an `error` event.
struct ServerFault: Sendable, Hashable {
    var type: String?
    var code: String?
    var message: String?
    var param: String?
    /// Of the client's event that was refused.
    var eventID: String?

    init(
        type: String? = nil, code: String? = nil, message: String? = nil, param: String? = nil,
        eventID: String? = nil
    ) {
        self.type = type
        self.code = code
        self.message = message
        self.param = param
        self.eventID = eventID
    }

    /// Members of the wrong type count as missing.
    init(_ json: JSONValue) {
        self.init(
            type: json["type"]?.stringValue, code: json["code"]?.stringValue,
            message: json["message"]?.stringValue ?? json.stringValue,
            param: json["param"]?.stringValue, eventID: json["event_id"]?.stringValue)
    }

    /// Whether this refuses the `response.create` called `createID`. Servers that do not echo the
    /// id are understood by their words.
    func isAbout(_ createID: String) -> Bool {
        if let eventID { return eventID == createID }
        return code?.contains("response_create") == true
            || code == "conversation_already_has_active_response"
            || message?.contains("response.create") == true
    }

    /// Whether a server of the older dialect complains about a field of the newer one.
    var isAboutDialect: Bool {
        guard code == "unknown_parameter" || code == "invalid_value" || param != nil else {
            return message?.contains("Unknown parameter") == true
        }
        let place = param ?? message ?? ""
        return ["session.type", "session.audio", "session.output_modalities"].contains {
            place.contains($0)
        }
    }
}
