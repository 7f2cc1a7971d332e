import JSON
import Testing

@testable import Gateway

@Suite struct ConversationTests {
    private func item(_ id: String, after previous: String? = nil, text: String = "") -> JSONValue {
        var item: JSONObject = ["itemId": .string(id), "text": .string(text)]
        if let previous { item["previousItemId"] = .string(previous) }
        return .object(item)
    }

    private func ids(_ conversation: Conversation) -> [String] {
        conversation.items.compactMap { $0["itemId"]?.stringValue }
    }

    @Test func itemsStandInOrderAndBehindTheOneTheyName() {
        var conversation = Conversation()
        for id in ["a", "b", "c"] { _ = conversation.update(item(id)) }
        let isInserted = conversation.update(item("a2", after: "a"))
        #expect(isInserted)
        #expect(ids(conversation) == ["a", "a2", "b", "c"])
        let isReplaced = conversation.update(item("b", text: "changed"))
        #expect(isReplaced)
        #expect(ids(conversation) == ["a", "a2", "b", "c"])
        #expect(conversation.items[2]["text"] == "changed")
        conversation.remove(id: "a2")
        conversation.remove(id: "unknown")
        #expect(ids(conversation) == ["a", "b", "c"])
    }

    @Test func whatHasNoIdIsNoItem() {
        var conversation = Conversation()
        for bad in [JSONValue.null, 3, ["itemId": 5], ["itemId": ""], []] {
            let taken = conversation.update(bad)
            #expect(!taken)
        }
        #expect(conversation.items.isEmpty)
    }

    @Test func pagesGoOnBehindAnItemAndSayWhetherThereIsMore() {
        var conversation = Conversation()
        for id in ["a", "b", "c", "d", "e"] { _ = conversation.update(item(id)) }
        let first = conversation.page(after: nil, limit: 2)
        #expect(first.items.compactMap { $0["itemId"]?.stringValue } == ["a", "b"])
        #expect(first.hasMore)
        let rest = conversation.page(after: "b", limit: 10)
        #expect(rest.items.compactMap { $0["itemId"]?.stringValue } == ["c", "d", "e"])
        #expect(!rest.hasMore)
        #expect(conversation.page(after: "e", limit: 10).items.isEmpty)
    }

    @Test func theOldestLeaveWhenThereAreTooMany() {
        var conversation = Conversation()
        for number in 0..<Conversation.limit + 5 { _ = conversation.update(item("i\(number)")) }
        #expect(conversation.items.count == Conversation.limit)
        #expect(conversation.items.first?["itemId"] == "i5")
        let taken = conversation.update(item("late", after: "i5"))
        #expect(taken)
    }
}

@Suite struct ConversationSizeTests {
    private func item(_ id: String, bytes: Int) -> JSONValue {
        ["itemId": .string(id), "text": .string(String(repeating: "x", count: bytes))]
    }

    private func ids(_ conversation: Conversation) -> [String] {
        conversation.items.compactMap { $0["itemId"]?.stringValue }
    }

    @Test func theOldestLeaveWhenTheyAreTooLargeTogether() {
        var conversation = Conversation()
        let third = Conversation.byteLimit / 3
        for id in ["a", "b"] { _ = conversation.update(item(id, bytes: third)) }
        #expect(ids(conversation) == ["a", "b"])
        _ = conversation.update(item("c", bytes: third))
        #expect(ids(conversation) == ["b", "c"])
        // What becomes smaller makes room.
        _ = conversation.update(item("b", bytes: 1))
        _ = conversation.update(item("d", bytes: third))
        #expect(ids(conversation) == ["b", "c", "d"])
        conversation.remove(id: "c")
        _ = conversation.update(item("e", bytes: third))
        #expect(ids(conversation) == ["b", "d", "e"])
        #expect(conversation.page(after: "d", limit: 9).items.count == 1)
    }

    @Test func anItemThatIsTooLargeAloneIsNotKeptAndCostsTheOthersNothing() {
        var conversation = Conversation()
        for id in ["a", "b"] { _ = conversation.update(item(id, bytes: 10)) }
        let taken = conversation.update(item("a", bytes: Conversation.byteLimit))
        #expect(taken)
        #expect(ids(conversation) == ["b"])
    }

    /// Six bytes of text each (RFC 8259, section 7): the message to the host has them.
    @Test func charactersThatAreLongAsTextCountAsSuch() {
        var conversation = Conversation()
        let text = String(repeating: "\u{1}", count: Conversation.byteLimit / 10)
        for id in ["a", "b"] {
            _ = conversation.update(["itemId": .string(id), "text": .string(text)])
        }
        #expect(ids(conversation) == ["b"])
    }
}

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmE=", "fooba"),
    ])
    func decodes(_ text: String, _ plain: String) {
        #expect(Base64.decode(text) == Array(plain.utf8))
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zm9v!", "Z===", "Zm 9v", "Zm9v\n"])
    func refusesWhatIsNone(_ text: String) { #expect(Base64.decode(text) == nil) }
}
