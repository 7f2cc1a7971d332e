import JSON
import OpenAIRealtime
import ParleyTransport
import Testing

@Suite("Barge-in") struct BargeInTests {
    static let userSpeaks: JSONValue = [
        "type": "input_audio_buffer.speech_started", "item_id": "u", "audio_start_ms": 1,
    ]
    static let cancel: JSONValue = ["type": "response.cancel"]

    @Test("While the server generates: cancel, flush, truncate at what was heard")
    func whileGenerating() {
        var peer = Peer.ready()
        peer.beginResponse("r")
        peer.hearSpeech("a", response: "r", ms: 400)
        _ = peer.take()
        peer.hear(Self.userSpeaks)
        let effects = peer.take()
        #expect(effects.sent == [Self.cancel])
        #expect(effects.contains(.interrupt(.speech)))
        peer.play(.flushed(position("a", heardMs: 120, receivedMs: 400), .speech))
        peer.play(.flushEnd(.speech))
        #expect(peer.takeSent() == [truncation("a", ms: 120)])
    }

    @Test("After the server has finished generating: no cancel, the same truncation")
    func afterGeneration() {
        var peer = Peer.ready()
        peer.beginResponse("r")
        peer.hearSpeech("a", response: "r", ms: 4000)
        peer.endSpeech("a", response: "r")
        peer.endResponse("r")
        _ = peer.take()
        peer.hear(Self.userSpeaks)
        #expect(peer.take().contains(.interrupt(.speech)))
        peer.play(.flushed(position("a", heardMs: 1500, receivedMs: 4000), .speech))
        peer.play(.flushEnd(.speech))
        #expect(peer.takeSent() == [truncation("a", ms: 1500)])
    }

    @Test("What passed while nobody listened is truncated at what was heard")
    func missed() {
        var peer = Peer.ready()
        peer.beginResponse("r")
        peer.hearSpeech("a", response: "r", ms: 400)
        peer.endSpeech("a", response: "r")
        peer.endResponse("r")
        _ = peer.take()
        peer.play(.finished(position("a", heardMs: 0, receivedMs: 400)))
        #expect(peer.takeSent() == [truncation("a", ms: 0)])
        peer.play(.finished(position("a", heardMs: 400, receivedMs: 400)))
        #expect(peer.takeSent().isEmpty)
    }

    @Test("The server cancels by itself when interrupt_response is on")
    func serverCancels() {
        var peer = Peer.ready(interruptResponse: true)
        peer.beginResponse("r")
        peer.hearSpeech("a", response: "r", ms: 100)
        _ = peer.take()
        peer.hear(Self.userSpeaks)
        let effects = peer.take()
        #expect(effects.sent.isEmpty)
        #expect(effects.contains(.interrupt(.speech)))
    }

    @Test("Several items: the one that plays where it is, later ones at 0")
    func severalItems() {
        var peer = Peer.ready()
        peer.beginResponse("r")
        peer.hearSpeech("a", response: "r", ms: 500)
        peer.endSpeech("a", response: "r")
        peer.hearSpeech("b", response: "r", ms: 300)
        peer.hearSpeech("c", response: "r", ms: 200)
        _ = peer.take()
        peer.hear(Self.userSpeaks)
        _ = peer.take()
        peer.play(.flushed(position("a", heardMs: 40, receivedMs: 500), .speech))
        peer.play(.flushed(position("b", heardMs: 0, receivedMs: 300), .speech))
        peer.play(.flushEnd(.speech))
        // c never reached the daemon's queue.
        #expect(
            peer.takeSent() == [
                truncation("a", ms: 40), truncation("b", ms: 0), truncation("c", ms: 0),
            ])
    }

    @Test(
        "Never above what was received, whatever the reports say; whole milliseconds, rounded down",
        arguments: [
            (24 * 500, 24 * 900, 100),
            (24 * 500, 24 * 60, 60), (24 * 30 + 23, 24 * 100, 30), (0, 0, 0),
            (UInt64.max, UInt64.max, 100),
        ] as [(UInt64, UInt64, Int64)])
    func bounds(_ heard: UInt64, _ received: UInt64, _ ms: Int64) {
        var peer = Peer.ready()
        peer.beginResponse("r")
        peer.hearSpeech("a", response: "r", ms: 100)
        peer.hear(Self.userSpeaks)
        _ = peer.take()
        let position = PlaybackPosition(
            itemID: "a", contentIndex: 0, rateHz: 24000, heardSamples: heard,
            receivedSamples: received)
        peer.play(.flushed(position, .speech))
        #expect(peer.takeSent() == [truncation("a", ms: ms)])
    }

    @Test("What was heard to its end is neither cut nor truncated")
    func heardInFull() {
        var peer = Peer.ready()
        peer.beginResponse("r")
        peer.hearSpeech("a", response: "r", ms: 100)
        peer.endSpeech("a", response: "r")
        peer.endResponse("r")
        peer.play(.finished(position("a", heardMs: 100, receivedMs: 100)))
        _ = peer.take()
        peer.hear(Self.userSpeaks)
        let effects = peer.take()
        #expect(!effects.contains(.interrupt(.speech)))
        #expect(effects.sent.isEmpty)
    }

    @Test("Late audio of the cut response is dropped; the next response is heard")
    func lateAudio() {
        var peer = Peer.ready()
        peer.beginResponse("r")
        peer.hearSpeech("a", response: "r", ms: 100)
        peer.hear(Self.userSpeaks)
        _ = peer.take()
        peer.hearSpeech("a", response: "r", ms: 100)
        peer.hearSpeech("late", response: "r", ms: 100)
        peer.hearSpeech("late", response: "r", ms: 100)
        let effects = peer.take()
        #expect(effects.filter { $0 == .rawEvent }.count == 3)
        #expect(!effects.contains { if case .speech = $0 { true } else { false } })
        #expect(effects.sent == [truncation("late", ms: 0)])
        peer.endResponse("r", status: "cancelled")
        peer.beginResponse("s")
        peer.hearSpeech("b", response: "s", ms: 20)
        peer.play(.flushed(position("a", heardMs: 30, receivedMs: 100), .speech))
        peer.play(.flushEnd(.speech))
        #expect(peer.speech["b"]?.count == 960)
        #expect(peer.takeSent() == [truncation("a", ms: 30)])
    }

    @Test("One cancel for each response, one flush for each barge-in")
    func onlyOnce() throws {
        var peer = Peer.ready()
        peer.beginResponse("r")
        peer.hearSpeech("a", response: "r", ms: 100)
        _ = peer.take()
        peer.hear(Self.userSpeaks)
        peer.hear(Self.userSpeaks)
        try peer.perform(.interrupt)
        let effects = peer.take()
        #expect(effects.sent == [Self.cancel])
        #expect(effects.filter { $0 == .interrupt(.speech) }.count == 1)
    }

    @Test("A client's interrupt cancels and truncates without asking for another flush")
    func clientInterrupt() throws {
        var peer = Peer.ready(interruptResponse: true)
        peer.beginResponse("r")
        peer.hearSpeech("a", response: "r", ms: 100)
        _ = peer.take()
        try peer.perform(.interrupt)
        peer.play(.flushed(position("a", heardMs: 10, receivedMs: 100), .client))
        peer.play(.flushEnd(.client))
        let effects = peer.take()
        #expect(effects.sent == [Self.cancel, truncation("a", ms: 10)])
        #expect(!effects.contains { if case .interrupt = $0 { true } else { false } })
    }

    @Test(
        "Errors of our own races are not the user's; the raw event still shows",
        arguments: [
            ("response.cancel", "response_cancel_not_active"),
            ("conversation.item.truncate", "invalid_value"),
            ("conversation.item.truncate", "unsupported_content_type"),
        ])
    func ownRaces(_ type: String, _ code: String) {
        var peer = Peer.ready()
        peer.beginResponse("r")
        peer.hearSpeech("a", response: "r", ms: 100)
        peer.hear(Self.userSpeaks)
        peer.play(.flushed(position("a", heardMs: 10, receivedMs: 100), .speech))
        let eventID = peer.take().lastID(type)
        peer.hearFault(code, of: eventID)
        let effects = peer.take()
        #expect(eventID != nil)
        #expect(effects.events.isEmpty)
        #expect(effects.contains(.rawEvent))
        peer.hearFault(code, of: "another")
        #expect(peer.take().types == ["error"])
    }

    @Test("The end of a session truncates nothing")
    func closing() {
        var peer = Peer.ready()
        peer.hearSpeech("a", response: "r", ms: 100)
        _ = peer.take()
        peer.play(.flushed(position("a", heardMs: 10, receivedMs: 100), .close))
        peer.play(.flushEnd(.close))
        #expect(peer.takeSent().isEmpty)
    }

    @Test("A server that owns its output buffer truncates by itself")
    func serverBuffer() throws {
        var settings = ClientSettings()
        settings.output = .server
        var peer = Peer.ready(settings)
        peer.beginResponse("r")
        _ = peer.take()
        try peer.perform(.interrupt)
        peer.hear(["type": "output_audio_buffer.cleared", "response_id": "r"])
        let effects = peer.take()
        #expect(effects.sent == [Self.cancel, ["type": "output_audio_buffer.clear"]])
        // The daemon has cut already, for it was its client who asked.
        #expect(!effects.contains(.interrupt(.peer)))
        // The user barges in.
        peer.hear(["type": "output_audio_buffer.cleared", "response_id": "r"])
        #expect(peer.take().contains(.interrupt(.peer)))
    }
}
