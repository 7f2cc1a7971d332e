import JSON
import OpenAIRealtime
import ParleyTransport
import Testing

@Suite("Roll-over") struct RollOverTests {
    /// A session that ends an hour after it was opened.
    private func session() -> Peer {
        var peer = Peer(config: ["instructions": "be kind"])
        peer.connect(expiresAt: 1_003_600)
        _ = peer.take()
        return peer
    }

    @Test("Asked for once, five minutes before expires_at")
    func due() {
        var peer = session()
        peer.wait(ms: 55 * 60_000 - 1)
        #expect(peer.take().isEmpty)
        peer.wait(ms: 1)
        #expect(peer.take() == [.rollOver])
        peer.wait(ms: 1_000)
        #expect(peer.take().isEmpty)
    }

    @Test("Nonsense in expires_at counts as an hour", arguments: [0, -5, 999_999, Int64.max])
    func nonsense(_ expiresAt: Int64) {
        var peer = Peer()
        peer.connect(expiresAt: expiresAt)
        _ = peer.take()
        peer.wait(ms: 54 * 60_000)
        #expect(peer.take().isEmpty)
        peer.wait(ms: 60_000)
        #expect(peer.take() == [.rollOver])
    }

    @Test("A replacement that failed is asked for again, later")
    func again() {
        var peer = session()
        peer.wait(ms: 55 * 60_000)
        _ = peer.take()
        peer.client.replacementFailed(nowNs: peer.nowNs)
        peer.wait(ms: 1_000)
        #expect(peer.take().isEmpty)
        peer.wait(ms: 60_000)
        #expect(peer.take() == [.rollOver])
    }

    @Test("Handed over between turns, or at the last moment")
    func moment() {
        var peer = session()
        #expect(peer.client.mayHandOver(nowNs: peer.nowNs))
        peer.hear(["type": "input_audio_buffer.speech_started"])
        #expect(!peer.client.mayHandOver(nowNs: peer.nowNs))
        peer.hear(["type": "input_audio_buffer.speech_stopped"])
        peer.beginResponse("r")
        peer.hearSpeech("a", response: "r", ms: 100)
        peer.endSpeech("a", response: "r")
        #expect(!peer.client.mayHandOver(nowNs: peer.nowNs))
        peer.endResponse("r")
        #expect(!peer.client.mayHandOver(nowNs: peer.nowNs))
        peer.play(.finished(position("a", heardMs: 100, receivedMs: 100)))
        #expect(peer.client.mayHandOver(nowNs: peer.nowNs))
        peer.beginResponse("s")
        peer.wait(ms: 3_569_000)
        #expect(!peer.client.mayHandOver(nowNs: peer.nowNs))
        peer.wait(ms: 2_000)
        #expect(peer.client.mayHandOver(nowNs: peer.nowNs))
    }

    @Test("The next connection has the config, the conversation and what came meanwhile")
    func handOver() throws {
        var old = session()
        func say(_ id: String) -> JSONValue {
            [
                "type": "conversation.item.done",
                "item": [
                    "id": .string(id), "type": "message", "role": "user",
                    "content": [["type": "input_text", "text": .string(id)]],
                ],
            ]
        }
        old.hear(say("one"))
        var next = Peer(old.client.successor())
        next.connect()
        let first = next.takeSent()
        #expect(first[0]["session"]?["instructions"] == "be kind")
        #expect(first.compactMap { $0["item"]?["id"] } == ["one"])
        old.hear(say("two"))
        old.hear(["type": "conversation.item.deleted", "item_id": "one"])
        _ = try old.perform(.updateSessionConfig(["instructions": "be brief"]), id: 4)
        next.client.takeOver(from: old.client, nowNs: next.nowNs)
        next.gather()
        let effects = next.take()
        #expect(effects.sent.compactMap { $0["item"]?["id"] } == ["two"])
        #expect(effects.sent.compactMap { $0["item_id"] } == ["one"])
        #expect(effects.sent.last?["session"]?["instructions"] == "be brief")
        #expect(effects.contains(.complete(4, nil)))
    }
}
