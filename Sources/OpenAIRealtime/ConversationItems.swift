import JSON
import ParleyTransport

/// The items of the conversation in order, as this connection knows them: what a reset is compared
/// with and what the next connection is given. Bounded: the oldest leave first.
struct ConversationItems: Sendable {
    static let limit = 2_000

    private(set) var list: [RealtimeItem] = []

    var json: [JSONValue] { list.map(\.json) }

    subscript(itemID: String) -> RealtimeItem? { list.last { $0.itemID == itemID } }

    func previousID(of itemID: String) -> String? {
        guard let place = list.lastIndex(where: { $0.itemID == itemID }), place > 0 else {
            return nil
        }
        return list[place - 1].itemID
    }

    /// Adds the item behind the one that it names, or takes the place of the one with its id.
    /// Answers the item as it shall be told: with the transcript and the order that were known
    /// before where the new version lacks them.
    mutating func put(
        _ item: RealtimeItem, behind previous: ServerEvent.PreviousItem
    ) -> RealtimeItem {
        if let place = list.lastIndex(where: { $0.itemID == item.itemID }) {
            let merged = item.keeping(list[place])
            list[place] = merged
            return merged
        }
        switch previous {
        case .none: list.insert(item, at: 0)
        case .item(let itemID):
            let place = list.lastIndex { $0.itemID == itemID }.map { $0 + 1 } ?? list.count
            list.insert(item, at: place)
        case .unknown: list.append(item)
        }
        if list.count > Self.limit { list.removeFirst() }
        return item
    }

    mutating func remove(_ itemID: String) { list.removeAll { $0.itemID == itemID } }

    /// What the user said is known now. nil when the item is not.
    mutating func transcribe(
        _ itemID: String, contentIndex: Int, _ transcript: String
    ) -> RealtimeItem? {
        guard let place = list.lastIndex(where: { $0.itemID == itemID }),
            case .message(var message) = list[place],
            message.content.indices.contains(contentIndex),
            case .inputAudio = message.content[contentIndex]
        else { return nil }
        message.content[contentIndex] = .inputAudio(transcript: transcript)
        message.status = .completed
        list[place] = .message(message)
        return list[place]
    }

    /// The call was answered. nil when nobody knows it.
    mutating func answer(callID: String, output: String) -> RealtimeItem? {
        for (place, item) in list.enumerated().reversed() {
            guard case .functionCall(var call) = item, call.callID == callID else { continue }
            call.output = output
            call.status = .completed
            list[place] = .functionCall(call)
            return list[place]
        }
        return nil
    }

    /// Somebody decided about the request. nil when nobody knows it.
    mutating func decide(_ itemID: String, approved: Bool) -> RealtimeItem? {
        guard let place = list.lastIndex(where: { $0.itemID == itemID }),
            case .mcpApprovalRequest(var request) = list[place]
        else { return nil }
        request.approved = approved
        list[place] = .mcpApprovalRequest(request)
        return list[place]
    }

    /// Whether a call waits for its output.
    var hasOpenCall: Bool {
        list.contains { item in
            if case .functionCall(let call) = item { return call.output == nil }
            return false
        }
    }
}

extension RealtimeItem {
    /// This version with what only the older one says: its place, the transcripts (the server drops
    /// that of a truncated item), and the answer to a call.
    func keeping(_ old: RealtimeItem) -> RealtimeItem {
        switch (self, old) {
        case (.message(var new), .message(let old)):
            new.previousItemID = new.previousItemID ?? old.previousItemID
            if new.content.isEmpty { new.content = old.content }
            for (index, part) in new.content.enumerated() where old.content.indices.contains(index)
            {
                switch (part, old.content[index]) {
                case (.outputAudio(nil), .outputAudio(let known?)):
                    new.content[index] = .outputAudio(transcript: known)
                case (.inputAudio(nil), .inputAudio(let known?)):
                    new.content[index] = .inputAudio(transcript: known)
                default: break
                }
            }
            return .message(new)
        case (.functionCall(var new), .functionCall(let old)):
            new.previousItemID = new.previousItemID ?? old.previousItemID
            if new.output == nil, let output = old.output {
                new.output = output
                new.status = old.status
            }
            return .functionCall(new)
        case (.mcpCall(var new), .mcpCall(let old)):
            new.previousItemID = new.previousItemID ?? old.previousItemID
            if new.status == .inProgress { new.status = old.status }
            return .mcpCall(new)
        case (.mcpApprovalRequest(var new), .mcpApprovalRequest(let old)):
            new.approved = new.approved ?? old.approved
            return .mcpApprovalRequest(new)
        default: return self
        }
    }
}
