import JSON
import OpenAIRealtime
import ParleyTransport
import Testing

@Suite("Sequence of responses") struct SequencingTests {
    static let create: JSONValue = ["type": "response.create"]

    private func creates(_ effects: [Effect]) -> [JSONValue] {
        effects.sent.filter { $0["type"] == "response.create" }
    }

    @Test("A request goes out at once, before later events")
    func atOnce() throws {
        var peer = Peer.ready()
        try peer.perform(.requestResponse(nil))
        try peer.perform(.sendEvent(["type": "x"]))
        #expect(peer.takeSent() == [Self.create, ["type": "x"]])
    }

    @Test("The slot opens on response.done, not when the audio is done")
    func slot() throws {
        var peer = Peer.ready()
        try peer.perform(.requestResponse(nil))
        peer.beginResponse("r")
        peer.hearSpeech("a", response: "r", ms: 20)
        try peer.perform(.requestResponse(nil))
        peer.endSpeech("a", response: "r")
        #expect(creates(peer.take()).count == 1)
        peer.endResponse("r")
        #expect(creates(peer.take()).count == 1)
    }

    @Test("Automatic requests that wait become one, up to the next manual one")
    func coalescing() throws {
        var peer = Peer.ready()
        peer.beginResponse("r")
        let manual: JSONObject = ["instructions": "now"]
        for response in [nil, nil, manual, manual, nil, nil] {
            try peer.perform(.requestResponse(response))
        }
        var order: [JSONValue] = []
        for number in 0..<6 {
            peer.endResponse(number == 0 ? "r" : "r\(number)")
            order += creates(peer.take())
            peer.beginResponse("r\(number + 1)")
        }
        let body: JSONValue = ["type": "response.create", "response": .object(manual)]
        #expect(order == [Self.create, body, body, Self.create])
    }

    @Test("A raw response.create is manual and keeps its id")
    func raw() throws {
        var peer = Peer.ready()
        try peer.perform(.requestResponse(nil))
        let event: JSONObject = ["type": "response.create", "event_id": "mine"]
        try peer.perform(.sendEvent(event))
        _ = peer.take()
        peer.beginResponse("r")
        peer.endResponse("r")
        #expect(peer.takeSent() == [.object(event)])
    }

    @Test("Refused because the server had begun one: sent again, and nobody is told")
    func race() throws {
        var peer = Peer.ready()
        try peer.perform(.requestResponse(nil))
        let eventID = peer.take().lastID("response.create")
        peer.beginResponse("vad")
        try peer.perform(.requestResponse(nil))
        peer.hearFault("conversation_already_has_active_response", of: eventID)
        let effects = peer.take()
        #expect(!effects.types.contains("error"))
        #expect(creates(effects).isEmpty)
        peer.endResponse("vad")
        #expect(creates(peer.take()).count == 1)
        peer.beginResponse("r")
        peer.endResponse("r")
        #expect(creates(peer.take()).isEmpty)
    }

    @Test(
        "Refused for another reason: told, and the next goes out",
        arguments: [true, false])
    func refusal(_ echoesID: Bool) throws {
        var peer = Peer.ready()
        try peer.perform(.requestResponse(["instructions": "one"]))
        try peer.perform(.requestResponse(["instructions": "two"]))
        let eventID = peer.take().lastID("response.create")
        if echoesID {
            peer.hearFault("invalid_value", of: eventID)
        } else {
            peer.hear(["type": "error", "error": ["message": "bad response.create"]])
        }
        let effects = peer.take()
        #expect(effects.types == ["error"])
        #expect(creates(effects).count == 1)
    }

    @Test("A fault of something else does not open the slot")
    func unrelated() throws {
        var peer = Peer.ready()
        try peer.perform(.requestResponse(nil))
        try peer.perform(.requestResponse(["instructions": "two"]))
        _ = peer.take()
        peer.hearFault("invalid_value", of: "other")
        peer.hearFault("invalid_value", of: nil)
        #expect(creates(peer.take()).isEmpty)
    }

    @Test("While a cancel is pending requests wait")
    func cancelling() throws {
        var peer = Peer.ready()
        peer.beginResponse("r")
        try peer.perform(.interrupt)
        try peer.perform(.sendMessage(UserMessage("hello")))
        #expect(creates(peer.take()).isEmpty)
        peer.endResponse("r", status: "cancelled")
        #expect(creates(peer.take()).count == 1)
    }

    @Test("The end of the connection drops what waits")
    func close() throws {
        var peer = Peer.ready()
        peer.beginResponse("r")
        try peer.perform(.requestResponse(nil))
        _ = peer.take()
        peer.client.closed(code: 1006, reason: "", nowNs: peer.nowNs)
        peer.gather()
        #expect(peer.take().sent.isEmpty)
        #expect(throws: TransportError.self) { try peer.perform(.requestResponse(nil)) }
    }
}
