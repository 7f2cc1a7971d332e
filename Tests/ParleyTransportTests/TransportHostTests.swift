import CParleyTransport
import FakeTransportHost
import JSON
import ParleyTransport
import Testing

@Suite struct TransportHostTests {
    private func probe(_ body: @TransportActor (ProbeTransport) -> Void) {
        TransportActor.assumeIsolated {
            guard let probe = ProbeTransport.last else {
                Issue.record("no transport was made")
                return
            }
            body(probe)
        }
    }

    /// Speech of an item, two bytes.
    private func speak(_ itemID: String?, _ value: UInt8, flags: AudioHeader.Flags = [])
        -> TransportHost.AudioResult
    {
        TransportActor.assumeIsolated {
            let bytes = [value, 0]
            let header = AudioHeader(
                format: .pcm24000, flags: flags, sampleCount: 1, itemID: itemID)
            return ProbeTransport.last?.host.audio(header, bytes.span.bytes) ?? .invalid
        }
    }

    @Test func `the descriptor comes over as C`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            let raw = try #require(host.entry.descriptor).pointee
            #expect(host.entry.abi_major == 1)
            #expect(String(cString: raw.id) == "probe")
            #expect(raw.max_session_s == 60)
            #expect(raw.capabilities == UInt64(PARLEY_CAN_INTERRUPT | PARLEY_CAN_MESSAGES))
            #expect(raw.formats_in_count == 2)
            #expect(raw.formats_in[1].codec == 4)
            #expect(raw.formats_out_count == 1)
            #expect(raw.description == nil)
            #expect(
                String(cString: raw.options_schema)
                    == #"{"type":"object","properties":{"count":{"type":"integer","description":"#
                    + #""A count.","default":3,"minimum":1,"maximum":5},"key":{"type":"string","#
                    + #""description":"A key.","x-secret":true}}}"#)
        }
    }

    @Test func `raw events that nobody hears are not told`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            func tell() {
                probe { probe in
                    let event = Array(#"{"type":"x"}"#.utf8)
                    event.withUnsafeBytes { probe.host.rawEvent($0) }
                    probe.host.event(.raw(["type": "y"]))
                    probe.host.event("audio_done", [:])
                }
            }
            func told() -> [String] {
                host.calls.compactMap { if case .event(let type, _) = $0 { type } else { nil } }
            }
            tell()
            #expect(told() == ["transport_event", "transport_event", "audio_done"])
            host.listeners(0)
            tell()
            #expect(told().count == 4)
            host.listeners(UInt32(PARLEY_HEARD_RAW_EVENTS))
            tell()
            #expect(told().count == 7)
            probe { #expect($0.host.hearsRawEvents && !$0.host.hearsRawAudio) }
        }
    }

    @Test func `connect hands over options, config and items`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            host.connect(
                options: ["a": 1], config: ["voice": "ash"], items: [["itemId": "i"]], resume: true)
            probe { probe in
                #expect(probe.request?.options == ["a": 1])
                #expect(probe.request?.config == ["voice": "ash"])
                #expect(probe.request?.items == [["itemId": "i"]])
                #expect(probe.request?.resumes == true)
                #expect(probe.status == .connected)
                #expect(probe.muted == nil)
            }
        }
    }

    @Test(arguments: ["{", "[]", "nul", "{\"a\":1}x", "{\"a\":1,\"a\":2}", ""])
    func `a connect with broken JSON is a fatal disconnect`(text: String) throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            host.connect(optionsText: text)
            guard case .status(0, let retry, _, let code, let reason) = host.calls.last else {
                Issue.record("got \(host.calls)")
                return
            }
            #expect(retry == UInt32(PARLEY_RETRY_NEVER))
            #expect(code == "invalid_options")
            #expect(reason?.contains("options") == true)
        }
    }

    @Test func `a connect that throws tells why`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            host.connect(options: ["fail": "no such thing"])
            #expect(
                host.calls == [
                    .status(
                        0, retry: 2, afterMs: 0, code: "invalid_options", reason: "no such thing")
                ])
        }
    }

    @Test func `a command without an implementation is not supported, in a sentence`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            let commands: [(String, JSONValue)] = [
                ("mute", ["muted": true]), ("sendDtmf", ["digits": "1"]), ("commitAudio", [:]),
                ("clearAudio", [:]), ("sendEvent", ["event": [:]]), ("requestResponse", [:]),
                ("addImage", ["image": "x"]), ("resetHistory", ["history": []]),
                ("updateSessionConfig", ["config": [:]]), ("dance", [:]),
                ("sendFunctionCallOutput", ["callId": "c", "output": "o"]),
                ("sendMcpResponse", ["approvalRequestId": "a", "approved": true]),
            ]
            for (name, arguments) in commands {
                let answer = host.command(name, arguments)
                #expect(answer?.result == -2)
                #expect(answer?.message == "this transport has no \(name)")
            }
        }
    }

    @Test func `a command answers at once, later, or with its error`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            #expect(host.command("sendMessage", ["message": "x"])?.result == 0)
            let full = host.command("sendMessage", ["message": "full"])
            #expect(full == CommandAnswer(result: -4, data: ["message": "no room"]))
            #expect(host.command("sendMessage", ["message": "later"]) == nil)
            probe { $0.pending?.complete(["ok": true]) }
            #expect(host.answer(to: 3) == CommandAnswer(result: 0, data: ["ok": true]))
            #expect(host.command("sendMessage", text: "[1]")?.result == -1)
            #expect(host.command("sendMessage", text: "{")?.result == -1)
        }
    }

    @Test func `frames go both ways unchanged`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            host.connect(generation: 7)
            host.sendAudio([1, 2, 3, 4], samples: 2, sequence: 9, timestamp: 33)
            host.sendAudio([], samples: 0)
            probe { #expect($0.received == [[1, 2, 3, 4], []]) }
            #expect(host.frames.map(\.bytes) == [[1, 2, 3, 4], []])
            #expect(host.frames[0].generation == 7)
            #expect(host.frames[0].sequence == 9)
            #expect(host.frames[0].timestamp == 33)
        }
    }

    @Test func `a frame of an impossible format is not delivered`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            host.connect()
            host.sendAudio([1, 2], codec: 1, rateHz: 44100, samples: 1)
            host.sendAudio([1, 2], codec: 9, samples: 1)
            probe { #expect($0.received.isEmpty) }
        }
    }

    @Test func `around a flush old speech is dropped and new speech waits for its generation`()
        throws
    {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            host.connect(generation: 1)
            #expect(speak("old", 1) == .taken)
            host.command("interrupt")
            #expect(speak("old", 2) == .dropped)
            #expect(speak(nil, 3, flags: .packet) == .dropped)
            #expect(speak("new", 4) == .heldBack)
            #expect(host.frames.map(\.bytes) == [[1, 0]])
            host.playback(3, itemID: "old", heard: 12, received: 24)
            host.playback(4, generation: 2)
            #expect(host.frames.map(\.bytes) == [[1, 0], [4, 0]])
            #expect(host.frames.map(\.generation) == [1, 2])
            #expect(speak("new", 5) == .taken)
            #expect(host.frames.last?.generation == 2)
            probe { probe in
                #expect(
                    probe.playbacks == [
                        .flushed(
                            PlaybackPosition(
                                itemID: "old", contentIndex: 0, rateHz: 24000, heardSamples: 12,
                                receivedSamples: 24), .client),
                        .flushEnd(.client),
                    ])
            }
        }
    }

    @Test func `what waits during a flush is bounded`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            host.connect()
            host.command("interrupt")
            let block = [UInt8](repeating: 0, count: 60_000)
            let header = AudioHeader(format: .pcm24000, sampleCount: 30_000, itemID: "new")
            var results: [TransportHost.AudioResult] = []
            for _ in 0..<20 {
                probe { results.append($0.host.audio(header, block.span.bytes)) }
            }
            #expect(results.filter { $0 == .heldBack }.count == (1 << 20) / 60_000)
            #expect(results.last == .full)
        }
    }

    @Test func `a new connection begins with its own generation and no flush`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            host.connect(generation: 1)
            host.command("interrupt")
            host.close()
            host.connect(generation: 5)
            #expect(speak("a", 1) == .taken)
            #expect(host.frames.last?.generation == 5)
        }
    }

    @Test func `a daemon that takes nothing is told apart from a bad frame`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            host.connect()
            host.audioResult = -4
            #expect(speak("a", 1) == .full)
            host.audioResult = -1
            #expect(speak("a", 1) == .invalid)
        }
    }

    @Test func `secrets come by name`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            probe { $0.host.requestSecret("key") }
            #expect(host.calls == [.requestSecret("key")])
            host.secret("key", "s3cret")
            probe { #expect($0.secrets["key"] == "s3cret") }
            host.secret("key", nil)
            probe { #expect($0.secrets["key"] == .some(nil)) }
        }
    }

    @Test func `everything a transport tells arrives`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            probe { probe in
                probe.host.format(.fromPeer, .opus, frameMs: 20)
                probe.host.network(lossPercent: 3, bitRate: 24000, frameMs: nil)
                probe.host.statistics(["packetsLost": 2])
                probe.host.incoming(callID: "c", about: ["from": "bob"])
                probe.host.interrupt(.speech)
                probe.host.log(.warning, "w")
                probe.host.event("own", ["a": 1])
                probe.host.disconnected(
                    DisconnectReason(.later(afterMs: 50), code: "busy", message: "wait"))
            }
            #expect(
                host.calls == [
                    .format(direction: 1, codec: 4, rateHz: 48000, frameMs: 20),
                    .network(loss: 3, bitRate: 24000, frameMs: 0), .statistics(["packetsLost": 2]),
                    .incoming(callID: "c", ["from": "bob"]), .interrupt(cause: 1),
                    .log(level: 4, "w"), .event(type: "own", ["a": 1]),
                    .status(0, retry: 1, afterMs: 50, code: "busy", reason: "wait"),
                ])
        }
    }
}
