import JSON

/// What this client does something about, decoded from an event of the server.
///
/// Decoding never fails the session: an event that is unknown, or that lacks what is needed, is nil
/// and shows only raw.
enum ServerEvent: Sendable, Equatable {
    case fault(ServerFault, raw: JSONValue)
    case sessionCreated(JSONObject)
    case sessionUpdated(JSONObject)
    /// `isDone` is false for `created` and `added`, true for `done` and `retrieved`.
    case item(JSONObject, previousItemID: PreviousItem, ItemStage)
    case itemTruncated(itemID: String)
    case itemDeleted(itemID: String)
    case transcriptionCompleted(itemID: String, contentIndex: Int, transcript: String)
    case inputCommitted
    case inputCleared
    case speechStarted
    case speechStopped
    case outputCleared
    case dtmf(String)
    case responseBegan(JSONObject, responseID: String)
    case responseEnded(JSONObject, responseID: String?)
    case outputItem(JSONObject, responseID: String?, ItemStage)
    case textDelta(itemID: String, responseID: String?, String)
    case transcriptDelta(itemID: String, responseID: String?, String)
    case audioDelta(itemID: String, responseID: String?, contentIndex: Int, base64: String)
    case audioDone(itemID: String, responseID: String?, contentIndex: Int)
    case mcpProgress(itemID: String)
    case rateLimits([JSONValue])

    enum ItemStage: Sendable, Equatable { case added, done, retrieved }

    /// The item before an item.
    enum PreviousItem: Sendable, Equatable {
        /// The event does not say.
        case unknown
        /// There is none: the item is the first.
        case none
        case item(String)

        init(_ value: JSONValue?) {
            switch value {
            case .string("root"): self = .none
            case .string(let itemID): self = .item(itemID)
            default: self = .unknown
            }
        }

        var itemID: String? { if case .item(let itemID) = self { itemID } else { nil } }
    }

    init?(_ json: JSONValue) {
        guard let object = json.objectValue, let name = object["type"]?.stringValue,
            let type = ServerEventType(name: name)
        else { return nil }
        let fields = EventFields(object)
        guard let event = Self.decode(type, fields, json) else { return nil }
        self = event
    }

    private static func decode(
        _ type: ServerEventType, _ fields: EventFields, _ json: JSONValue
    ) -> ServerEvent? {
        let itemID = fields.id("item_id")
        let responseID = fields.id("response_id")
        switch type {
        case .error:
            guard let fault = fields.object["error"], !fault.isNull else { return nil }
            return .fault(ServerFault(fault), raw: json)
        case .sessionCreated: return fields.member("session").map { .sessionCreated($0) }
        case .sessionUpdated: return fields.member("session").map { .sessionUpdated($0) }
        case .itemCreated, .itemAdded: return fields.item(.added)
        case .itemDone: return fields.item(.done)
        case .itemRetrieved: return fields.item(.retrieved)
        case .itemTruncated: return itemID.map { .itemTruncated(itemID: $0) }
        case .itemDeleted: return itemID.map { .itemDeleted(itemID: $0) }
        case .transcriptionCompleted:
            guard let itemID, let text = fields.text("transcript") else { return nil }
            return .transcriptionCompleted(
                itemID: itemID, contentIndex: fields.index("content_index") ?? 0, transcript: text)
        case .inputCommitted: return .inputCommitted
        case .inputCleared: return .inputCleared
        case .speechStarted: return .speechStarted
        case .speechStopped: return .speechStopped
        case .outputCleared: return .outputCleared
        case .dtmfReceived: return fields.text("event").map { .dtmf($0) }
        case .responseCreated:
            guard let response = fields.member("response"),
                let id = EventFields(response).id("id")
            else { return nil }
            return .responseBegan(response, responseID: id)
        case .responseDone:
            guard let response = fields.member("response") else { return nil }
            return .responseEnded(response, responseID: EventFields(response).id("id"))
        case .outputItemAdded:
            return fields.member("item").map { .outputItem($0, responseID: responseID, .added) }
        case .outputItemDone:
            return fields.member("item").map { .outputItem($0, responseID: responseID, .done) }
        case .textDelta:
            guard let itemID, let delta = fields.text("delta") else { return nil }
            return .textDelta(itemID: itemID, responseID: responseID, delta)
        case .transcriptDelta:
            guard let itemID, let delta = fields.text("delta") else { return nil }
            return .transcriptDelta(itemID: itemID, responseID: responseID, delta)
        case .audioDelta:
            guard let itemID, let delta = fields.text("delta"),
                let index = fields.optionalIndex("content_index")
            else { return nil }
            return .audioDelta(
                itemID: itemID, responseID: responseID, contentIndex: index, base64: delta)
        case .audioDone:
            guard let itemID, let index = fields.optionalIndex("content_index") else { return nil }
            return .audioDone(itemID: itemID, responseID: responseID, contentIndex: index)
        case .mcpCallInProgress, .mcpListInProgress:
            return itemID.map { .mcpProgress(itemID: $0) }
        case .rateLimits: return fields.object["rate_limits"]?.arrayValue.map { .rateLimits($0) }
        case .conversationCreated, .transcriptionDelta, .transcriptionSegment,
            .transcriptionFailed, .inputTimeout, .outputStarted, .outputStopped,
            .contentPartAdded, .contentPartDone, .textDone, .transcriptDone, .argumentsDelta,
            .argumentsDone, .mcpArgumentsDelta, .mcpArgumentsDone, .mcpCallCompleted,
            .mcpCallFailed, .mcpListCompleted, .mcpListFailed:
            return nil
        }
    }
}

/// The members of an event, by what they must be.
struct EventFields {
    /// Bytes of an id; the plugin interface takes no longer one.
    static let idMax = 63
    static let indexMax: Int64 = 1_000_000

    let object: JSONObject

    init(_ object: JSONObject) { self.object = object }

    func text(_ name: String) -> String? { object[name]?.stringValue }
    func member(_ name: String) -> JSONObject? { object[name]?.objectValue }

    func id(_ name: String) -> String? {
        guard let id = text(name), 1...Self.idMax ~= id.utf8.count else { return nil }
        return id
    }

    func index(_ name: String) -> Int? {
        object[name]?.integerValue.flatMap { 0...Self.indexMax ~= $0 ? Int($0) : nil }
    }

    /// 0 when it is missing; nil when it is nonsense.
    func optionalIndex(_ name: String) -> Int? {
        object[name] == nil ? 0 : index(name)
    }

    func item(_ stage: ServerEvent.ItemStage) -> ServerEvent? {
        member("item").map {
            .item($0, previousItemID: .init(object["previous_item_id"]), stage)
        }
    }
}
