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
        #expect(!peer.client.mayHandOver(nowNs: peer.nowNs), "the server is about to answer")
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

    /// The sound of an event that was sent, as ms of PCM and its first byte.
    private func sound(_ events: [JSONValue]) -> [UInt8] {
        events.filter { $0["type"] == "input_audio_buffer.append" }.flatMap { event in
            var bytes = [UInt8](repeating: 0, count: 100_000)
            var text = event["audio"]?.stringValue ?? ""
            let count = text.withUTF8 { text in
                bytes.withUnsafeMutableBytes {
                    Base64.decode(UnsafeRawBufferPointer(text), into: $0)
                }
            }
            return Array(bytes.prefix(count ?? 0))
        }
    }

    /// Hands over to a new connection. - Returns: it, and what it did.
    private func handOver(_ old: Peer) -> (next: Peer, effects: [Effect]) {
        var next = Peer(old.client.successor())
        next.connect()
        _ = next.take()
        next.client.takeOver(from: old.client, nowNs: next.nowNs)
        next.gather()
        return (next, next.take())
    }

    @Test("The half turn of the user is said again, and no more than that")
    func halfTurn() {
        var old = session()
        old.speak(ms: 2_000, value: 1)
        old.hear(["type": "input_audio_buffer.speech_started", "item_id": "u"])
        for value: UInt8 in 2...4 { old.speak(ms: 1_000, value: value) }
        let (next, effects) = handOver(old)
        let said = sound(effects.sent)
        // Half a second of before, and all since the server noticed.
        #expect(said.count == 3_500 * 48)
        #expect(said.first == 1 && said.last == 4)
        #expect(next.client.mayHandOver(nowNs: next.nowNs))
    }

    @Test("What is said again is bounded")
    func longTurn() {
        var old = session()
        old.hear(["type": "input_audio_buffer.speech_started", "item_id": "u"])
        for value: UInt8 in 0..<30 { old.speak(ms: 1_000, value: value) }
        let said = sound(handOver(old).effects.sent)
        #expect(said.count == 10_000 * 48)
        #expect(said.first == 20 && said.last == 29)
    }

    @Test("A turn that the server has, a muted one and a cleared one are not said again")
    func saidBefore() throws {
        for event: JSONValue in [
            ["type": "input_audio_buffer.committed", "item_id": "u"], "mute", "clear", "commit",
        ] {
            var old = session()
            old.hear(["type": "input_audio_buffer.speech_started", "item_id": "u"])
            old.speak(ms: 1_000, value: 1)
            switch event {
            case "mute": old.client.dropAudio()
            case "clear": try old.perform(.clearAudio)
            case "commit": try old.perform(.commitAudio)
            default: old.hear(event)
            }
            old.speak(ms: 20, value: 2)
            #expect(sound(handOver(old).effects.sent) == [UInt8](repeating: 2, count: 960))
        }
    }

    @Test("Without turn detection all since the last commit is the turn")
    func pushToTalk() {
        var old = Peer()
        old.open()
        old.hear(Peer.greeting)
        old.hear([
            "type": "session.updated",
            "session": ["type": "realtime", "audio": ["input": ["turn_detection": nil]]],
        ])
        for _ in 0..<40 { old.speak(ms: 100) }
        #expect(sound(handOver(old).effects.sent).count == 4_000 * 48)
    }

    @Test("A turn that was heard is answered before the change, even at the last moment")
    func awaitedAnswer() {
        var peer = session()
        peer.wait(ms: 3_590_000)
        peer.hear(["type": "input_audio_buffer.speech_started"])
        #expect(peer.client.mayHandOver(nowNs: peer.nowNs))
        peer.hear(["type": "input_audio_buffer.speech_stopped"])
        #expect(!peer.client.mayHandOver(nowNs: peer.nowNs))
        peer.wait(ms: 3_000)
        #expect(peer.client.mayHandOver(nowNs: peer.nowNs), "it is not going to answer")
    }

    @Test("An answer in the middle of its making ends; the rest of it can still be cut")
    func middleOfAnAnswer() {
        var old = session()
        old.beginResponse("r")
        old.hear([
            "type": "response.output_item.added", "response_id": "r",
            "item": ["id": "a", "type": "message", "role": "assistant", "content": []],
        ])
        old.hearSpeech("a", response: "r", ms: 900)
        _ = old.take()
        var (next, effects) = handOver(old)
        let ends = effects.contains {
            if case .speech(let piece) = $0 { piece.itemID == "a" && piece.isLast } else { false }
        }
        #expect(ends)
        #expect(effects.types == ["audio_done", "item_update", "turn_done"])
        #expect(effects.sent.isEmpty)
        next.hear(["type": "input_audio_buffer.speech_started"])
        #expect(next.take().contains(.interrupt(.speech)))
        next.play(.flushed(position("a", heardMs: 300, receivedMs: 900), .speech))
        next.play(.flushEnd(.speech))
        #expect(next.takeSent().isEmpty, "the new server has nothing to truncate")
    }

    @Test("A request that the old server had not begun goes to the new one")
    func unbegunRequest() throws {
        var old = session()
        try old.perform(.requestResponse(nil))
        #expect(old.takeSent() == [["type": "response.create"]])
        #expect(handOver(old).effects.sent == [["type": "response.create"]])
    }
}
