import JSON
import OpenAIRealtime
import ParleyTransport
import Testing

@Suite("Connection") struct ConnectionTests {
    @Test("Connected means acknowledged; sound and commands from before are kept in order")
    func ready() throws {
        var peer = Peer()
        peer.open()
        peer.speak(ms: 20)
        #expect(try peer.perform(.sendMessage(UserMessage("hi")), id: 9) == .later)
        peer.hear(Peer.greeting)
        #expect(peer.take().sent.map { $0["type"] } == ["session.update"])
        peer.hear(["type": "session.updated", "session": [:]])
        let effects = peer.take()
        #expect(effects.contains(.connected))
        #expect(effects.contains(.complete(9, nil)))
        #expect(
            effects.sent.map { $0["type"] } == [
                "input_audio_buffer.append", "conversation.item.create", "response.create",
            ])
        peer.speak(ms: 20)
        #expect(peer.take() == [.sendAudio])
        let message = try JSONValue(parsing: peer.sound[0])
        #expect(message["audio"]?.stringValue?.count == 1280)
    }

    @Test("The backlog is bounded, and the mute barrier empties it")
    func backlog() {
        var settings = ClientSettings()
        settings.backlogMs = 100
        for drops in [true, false] {
            var peer = Peer(settings)
            peer.open()
            for _ in 0..<50 { peer.speak(ms: 20) }
            if drops { peer.client.dropAudio() }
            peer.hear(Peer.greeting)
            peer.hear(["type": "session.updated", "session": [:]])
            let sent = peer.takeSent().filter { $0["type"] == "input_audio_buffer.append" }
            #expect(sent.count == (drops ? 0 : 1))
            if !drops { #expect(sent.first?["audio"]?.stringValue?.count == 6400) }
        }
    }

    @Test("A server that says no hello gets the config anyway; one that never acknowledges is left")
    func silence() {
        var peer = Peer()
        peer.open()
        #expect(peer.client.nextDueNs == peer.nowNs + 2_000_000_000)
        peer.wait(ms: 2_000)
        #expect(peer.takeSent().count == 1)
        peer.wait(ms: 10_000)
        #expect(peer.take().disconnect?.retry == .now)
    }

    @Test("The beta dialect, by its hello and by its refusal of the other")
    func beta() {
        var byHello = Peer()
        byHello.open()
        byHello.hear([
            "type": "session.created",
            "session": ["modalities": ["text", "audio"], "input_audio_format": "pcm16"],
        ])
        #expect(byHello.takeSent().first?["session"]?["input_audio_format"] == "pcm16")

        var byRefusal = Peer()
        byRefusal.open()
        byRefusal.hear(["type": "session.created", "session": [:]])
        let eventID = byRefusal.take().lastID("session.update")
        byRefusal.hearFault("unknown_parameter", of: eventID, param: "session.type")
        let effects = byRefusal.take()
        #expect(effects.sent.first?["session"]?["modalities"] == ["text", "audio"])
        #expect(effects.disconnect == nil)
    }

    @Test("A config that is refused ends the connection for good")
    func refusedConfig() {
        var peer = Peer(config: ["voice": "nobody"])
        peer.open()
        peer.hear(Peer.greeting)
        peer.hearFault("invalid_value", of: peer.take().lastID("session.update"))
        #expect(peer.take().disconnect?.retry == .never)
    }

    @Test("A change of config is answered by its acknowledgement, and taken back by its refusal")
    func update() throws {
        var peer = Peer.ready(config: ["inputAudioFormat": "g711_ulaw"])
        #expect(try peer.perform(.updateSessionConfig(["instructions": "a"]), id: 5) == .later)
        let first = peer.take()
        let input = first.sent[0]["session"]?["audio"]?["input"]
        #expect(input?["format"] == ["type": "audio/pcmu"])
        peer.hear(["type": "session.updated", "session": [:]])
        #expect(peer.take().contains(.complete(5, nil)))

        _ = try peer.perform(.updateSessionConfig(["voice": "b"]), id: 6)
        peer.hearFault("cannot_update_voice", of: peer.take().lastID("session.update"))
        let refused = peer.take()
        #expect(refused.contains(.complete(6, TransportError(.invalid, "no"))))
        _ = try peer.perform(.updateSessionConfig([:]), id: 7)
        #expect(peer.takeSent()[0]["session"]?["audio"]?["output"]?["voice"] == nil)
        peer.wait(ms: 10_000)
        #expect(peer.take().contains { if case .complete(7, _?) = $0 { true } else { false } })
    }

    @Test("Formats change when the server says so")
    func formats() throws {
        var peer = Peer.ready()
        _ = try peer.perform(
            .updateSessionConfig(["audio": ["output": ["format": ["type": "audio/pcma"]]]]))
        #expect(peer.client.outputFormat == .pcm24000)
        peer.hear(["type": "session.updated", "session": [:]])
        #expect(peer.take().contains(.formats(toPeer: .pcm24000, fromPeer: .pcma)))
    }

    @Test("Tracing goes alone, once, and is fixed once it is an object")
    func tracing() throws {
        var peer = Peer(config: ["tracing": ["workflowName": "w"]])
        peer.connect()
        let sent = peer.takeSent()
        #expect(sent[0]["session"]?["tracing"] == nil)
        #expect(sent[1]["session"] == ["type": "realtime", "tracing": ["workflow_name": "w"]])
        _ = try peer.perform(.updateSessionConfig(["tracing": ["workflowName": "v"]]))
        #expect(peer.takeSent().count == 1)
    }

    @Test("Tracing that nobody acknowledges does not take the next acknowledgement")
    func silentTracing() throws {
        var peer = Peer(config: ["tracing": ["workflowName": "w"]])
        peer.connect()
        peer.wait(ms: 10_000)
        _ = try peer.perform(.updateSessionConfig(["instructions": "a"]), id: 5)
        _ = peer.take()
        peer.hear(["type": "session.updated", "session": [:]])
        #expect(peer.take().contains(.complete(5, nil)))
        #expect(peer.client.nextDueNs.map { $0 < .max } == true)
    }

    @Test(
        "Close codes",
        arguments: [
            (1000, "", DisconnectReason.Retry.ended), (1001, "", .now), (1005, "", .now),
            (1006, "", .now), (1011, "", .now), (1012, "", .now), (1013, "", .later(afterMs: 5000)),
            (1008, "", .never), (1002, "", .never), (4001, "", .now),
            (3000, "invalid_request_error.invalid_api_key", .never),
            (
                4000, "rate_limit_exceeded",
                .later(afterMs: 5000)
            ),
        ] as [(Int, String, DisconnectReason.Retry)])
    func closeCodes(_ code: Int, _ reason: String, _ retry: DisconnectReason.Retry) {
        var peer = Peer.ready()
        peer.client.closed(code: code, reason: reason, nowNs: peer.nowNs)
        peer.gather()
        let end = peer.take().disconnect
        #expect(end?.retry == retry)
        if !reason.isEmpty { #expect(end?.message?.contains(reason) == true) }
    }

    @Test(
        "Errors that end the session",
        arguments: [
            ("invalid_api_key", DisconnectReason.Retry.never), ("insufficient_quota", .never),
            ("account_deactivated", .never), ("billing_hard_limit_reached", .never),
            ("session_expired", .now),
        ] as [(String, DisconnectReason.Retry)])
    func fatal(_ code: String, _ retry: DisconnectReason.Retry) {
        var peer = Peer.ready()
        peer.hearFault(code, of: nil)
        #expect(peer.take().disconnect?.retry == retry)
    }

    @Test(
        "Answers to the handshake",
        arguments: [
            (401, nil, "", DisconnectReason.Retry.never), (403, nil, "", .never),
            (404, nil, "", .never), (429, "3", "", .later(afterMs: 3000)),
            (429, nil, "", .later(afterMs: 5000)), (503, "0.5", "", .later(afterMs: 500)),
            (500, "Wed, 21 Oct", "", .later(afterMs: 5000)),
            (502, "-1", "{", .later(afterMs: 5000)),
            (429, "1", #"{"error":{"code":"insufficient_quota","message":"pay"}}"#, .never),
            (500, "1e300", "", .later(afterMs: 3_600_000)),
        ] as [(Int, String?, String, DisconnectReason.Retry)])
    func handshake(_ status: Int, _ after: String?, _ body: String, _ retry: DisconnectReason.Retry)
    {
        let reason = DisconnectReason.refused(
            httpStatus: status, retryAfter: after, body: Array(body.utf8))
        #expect(reason.retry == retry)
        #expect(reason.code != nil)
    }

    @Test("A press that is too short sends neither the commit nor the request")
    func pushToTalk() throws {
        var peer = Peer.ready()
        for (ms, types) in [
            (80, ["input_audio_buffer.clear"] as [JSONValue]),
            (120, ["input_audio_buffer.commit", "response.create"]),
        ] {
            try peer.perform(.clearAudio)
            peer.speak(ms: ms)
            _ = peer.take()
            try peer.perform(.commitAudio)
            try peer.perform(.requestResponse(nil))
            #expect(peer.takeSent().map { $0["type"] } == types)
        }
    }
}
