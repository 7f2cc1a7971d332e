import FakeRealtime
import JSON
import Testing

/// The fake server by virtual time.
@Suite struct FakeSessionTests {
    /// A session and what it sent.
    final class Server {
        private var session: FakeSession
        private(set) var events: [JSONObject] = []
        private(set) var ends: [FakeSession.Output] = []
        private var nowNs: UInt64 = 1_000

        init(_ set: [(String, String)] = []) {
            var options = FakeOptions()
            for (name, value) in set {
                let isSet = options.set(name, value)
                #expect(isSet)
            }
            session = FakeSession(
                model: "m", options: options, nowNs: nowNs, unixSeconds: 1_000_000)
            run(ms: 0)
        }

        func send(_ event: JSONObject) {
            let text = Array(JSONValue.object(event).serialized().utf8)
            let outputs = text.withUnsafeBytes { session.receive($0, nowNs: nowNs) }
            keep(outputs)
        }

        /// Sound of the user.
        func say(ms: Int, loud: Bool) {
            var bytes: [UInt8] = []
            for index in 0..<(24 * ms) {
                let sample: Int16 = loud ? (index / 40 % 2 == 0 ? 8_000 : -8_000) : 0
                bytes += [
                    UInt8(truncatingIfNeeded: sample), UInt8(truncatingIfNeeded: sample >> 8),
                ]
            }
            var text: [UInt8] = []
            bytes.withUnsafeBytes { Base64.encode($0, into: &text) }
            let audio = String(decoding: text, as: UTF8.self)
            send(["type": "input_audio_buffer.append", "audio": .string(audio)])
        }

        func run(ms: Int) {
            let end = nowNs + UInt64(ms) * 1_000_000
            while session.nextDueNs <= end {
                nowNs = max(nowNs, session.nextDueNs)
                let outputs = session.advance(nowNs: nowNs)
                keep(outputs)
                if !ends.isEmpty { return }
            }
            nowNs = end
        }

        private func keep(_ outputs: [FakeSession.Output]) {
            for output in outputs {
                if case .send(let text) = output {
                    if let event = try? JSONValue(parsing: text.utf8).objectValue {
                        events.append(event)
                    }
                } else {
                    ends.append(output)
                }
            }
        }

        var types: [String] { events.compactMap { $0["type"]?.stringValue } }
        func last(_ type: String) -> JSONObject? { events.last { $0["type"] == .string(type) } }
        var lastFault: String? { last("error")?["error"]?["code"]?.stringValue }
    }

    @Test func aSpokenTurnIsAnsweredInTheOrderOfTheRealServer() {
        let server = Server([("answers", "Yes.")])
        server.say(ms: 400, loud: true)
        server.say(ms: 600, loud: false)
        server.run(ms: 5_000)
        let order = server.types.filter { !$0.hasSuffix(".delta") }
        #expect(
            order == [
                "session.created", "input_audio_buffer.speech_started",
                "input_audio_buffer.speech_stopped", "input_audio_buffer.committed",
                "conversation.item.added", "conversation.item.done", "response.created",
                "response.output_item.added", "conversation.item.added",
                "response.content_part.added", "response.output_audio.done",
                "response.output_audio_transcript.done", "response.content_part.done",
                "response.output_item.done", "conversation.item.done", "response.done",
                "rate_limits.updated",
            ])
    }

    @Test func speechOverTheAnswerCancelsIt() {
        let server = Server([("say_ms", "4000"), ("speed", "1")])
        server.send(["type": "response.create"])
        server.run(ms: 1_000)
        server.say(ms: 200, loud: true)
        let done = server.last("response.done")?["response"]
        #expect(done?["status"] == "cancelled")
        #expect(done?["status_details"]?["reason"] == "turn_detected")
    }

    @Test func onlyOneResponseRunsAtATime() {
        let server = Server()
        server.send(["type": "response.create"])
        server.send(["type": "response.create", "event_id": "mine"])
        #expect(server.lastFault == "conversation_already_has_active_response")
        #expect(server.last("error")?["error"]?["event_id"] == "mine")
        server.send(["type": "response.cancel"])
        server.send(["type": "response.cancel"])
        #expect(server.lastFault == "response_cancel_not_active")
    }

    @Test func truncationHasTheLimitsOfTheRealServer() throws {
        let server = Server([("say_ms", "1000"), ("speed", "100")])
        server.send(["type": "response.create"])
        server.run(ms: 1_000)
        let item = try #require(server.last("response.output_audio.delta")?["item_id"])
        func truncate(_ id: JSONValue, _ endMs: Int64) {
            server.send([
                "type": "conversation.item.truncate", "item_id": id, "content_index": 0,
                "audio_end_ms": .integer(endMs),
            ])
        }
        truncate(item, 1_001)
        #expect(
            server.last("error")?["error"]?["message"]
                == "Audio content of 1000ms is already shorter than 1001ms")
        truncate(item, 700)
        #expect(server.last("conversation.item.truncated")?["audio_end_ms"] == 700)
        truncate("item_none", 0)
        #expect(server.lastFault == "item_not_found")
    }

    @Test func aCommitOfTooLittleIsRefused() {
        let server = Server()
        server.say(ms: 80, loud: false)
        server.send(["type": "input_audio_buffer.commit"])
        #expect(server.lastFault == "input_audio_buffer_commit_empty")
    }

    @Test func theSessionEndsWhenItSaidItWould() {
        let server = Server([("expire_s", "2")])
        #expect(server.last("session.created")?["session"]?["expires_at"] == 1_000_002)
        server.run(ms: 3_000)
        #expect(server.lastFault == "session_expired")
        #expect(server.ends == [.close(code: 1_001, reason: "session expired")])
    }

    @Test func theBetaSpeaksItsOwnDialect() {
        let server = Server([("dialect", "beta"), ("answers", "Yes.")])
        server.send(["type": "session.update", "session": ["type": "realtime"]])
        #expect(server.lastFault == "unknown_parameter")
        server.send([
            "type": "session.update",
            "session": ["modalities": ["text", "audio"], "output_audio_format": "g711_ulaw"],
        ])
        server.send(["type": "response.create"])
        server.run(ms: 2_000)
        #expect(
            server.last("session.updated")?["session"]?["output_audio_format"] == "g711_ulaw")
        #expect(server.types.contains("response.audio.delta"))
        #expect(!server.types.contains("response.output_audio.delta"))
    }

    @Test(arguments: ["", "{", "[]", "{\"type\":7}", "{\"type\":\"no.such\"}", "\u{0}"])
    func nonsenseIsAnsweredWithAnError(_ text: String) {
        var session = FakeSession(model: "", options: FakeOptions(), nowNs: 0, unixSeconds: 0)
        _ = session.advance(nowNs: 0)
        let bytes = Array(text.utf8)
        let outputs = bytes.withUnsafeBytes { session.receive($0, nowNs: 1) }
        guard case .send(let answer) = outputs.first else {
            Issue.record("no answer")
            return
        }
        #expect(answer.contains("\"error\""))
    }
}
