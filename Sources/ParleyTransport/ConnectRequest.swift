import CParleyTransport

/// What a transport connects with.
public struct ConnectRequest: Sendable {
    /// Whether the connection before this one broke: go on with ``items``.
    public var resumes: Bool
    /// 1 for the first try since the session was last connected.
    public var attempt: Int
    /// Checked against the schema by the daemon, defaults filled in, secrets left out.
    public var options: JSONObject
    /// The realtime session config; empty when there is none.
    public var config: JSONObject
    /// The conversation so far.
    public var items: [JSONValue]
    /// The caller of ``TransportHost/incoming(callID:about:)`` to answer.
    public var callID: String?

    public init(
        resumes: Bool = false, attempt: Int = 1, options: JSONObject = [:],
        config: JSONObject = [:],
        items: [JSONValue] = [], callID: String? = nil
    ) {
        self.resumes = resumes
        self.attempt = attempt
        self.options = options
        self.config = config
        self.items = items
        self.callID = callID
    }

    init(_ raw: parley_connect_t) throws(TransportError) {
        self.init(
            resumes: raw.resume != 0, attempt: Int(raw.attempt),
            options: try Self.object(raw.options_json, "options"),
            config: try Self.object(raw.config_json, "config"),
            items: try Self.array(raw.items_json),
            callID: raw.call_id.map { String(cString: $0) })
    }

    private static func object(
        _ text: UnsafePointer<CChar>?, _ what: String
    ) throws(TransportError) -> JSONObject {
        guard let text else { return [:] }
        guard let object = try JSONText.parse(text, what).objectValue else {
            throw TransportError(.invalid, "the \(what) must be a JSON object")
        }
        return object
    }

    private static func array(_ text: UnsafePointer<CChar>?) throws(TransportError) -> [JSONValue] {
        guard let text else { return [] }
        guard let array = try JSONText.parse(text, "items").arrayValue else {
            throw TransportError(.invalid, "the items must be a JSON array")
        }
        return array
    }
}

/// JSON that comes as a C string.
enum JSONText {
    static func parse(
        _ text: UnsafePointer<CChar>, _ what: String
    ) throws(TransportError) -> JSONValue {
        let bytes = UnsafeRawBufferPointer(start: text, count: length(of: text))
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw TransportError(.invalid, "the \(what) can't be read: \(error)")
        }
    }

    private static func length(of text: UnsafePointer<CChar>) -> Int {
        var count = 0
        while text[count] != 0 { count += 1 }
        return count
    }
}
