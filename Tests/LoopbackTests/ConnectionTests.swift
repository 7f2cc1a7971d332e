import FakeTransportHost
import JSON
import Testing

@testable import Loopback

@Suite struct ConnectionTests {
    @Test func `connecting takes as long as it is told to`() throws {
        try withLoopback { host in
            host.connect(options: ["connectDelayMs": 300])
            #expect(host.statuses == [1])
            host.speak(frames: 2)
            #expect(host.frames.isEmpty)
            host.advance(ms: 300)
            #expect(host.statuses == [1, 2])
        }
    }

    @Test func `a refusal is fatal and says why`() throws {
        try withLoopback { host in
            host.connect(options: ["refuse": "no such model"])
            #expect(
                host.calls.last
                    == .status(0, retry: 2, afterMs: 0, code: "refused", reason: "no such model"))
        }
    }

    @Test(arguments: [("now", 0), ("later", 1), ("never", 2), ("ended", 3)])
    func `a connection breaks off after its time`(retry: String, value: UInt32) throws {
        try withLoopback { host in
            host.connect(options: ["disconnectAfterS": 1.5, "disconnectRetry": .string(retry)])
            host.advance(ms: 1499)
            #expect(host.statuses == [1, 2])
            host.advance(ms: 1)
            guard case .status(0, value, let afterMs, _, _) = host.calls.last else {
                Issue.record("got \(host.calls)")
                return
            }
            #expect(afterMs == (retry == "later" ? 1000 : 0))
            #expect(!host.hasTimers)
        }
    }

    @Test func `it connects again after it broke off`() throws {
        try withLoopback { host in
            host.connect(options: ["disconnectAfterS": 1])
            host.advance(ms: 1000)
            host.connect(items: [["itemId": "item_1", "type": "message"]], resume: true)
            #expect(host.statuses == [1, 2, 0, 1, 2])
            #expect(
                host.events("transport_event").last
                    == ["type": "session.created", "resumed": true, "items": 1])
            host.speak(frames: 2)
            #expect(host.numbers == [0, 1])
        }
    }

    @Test func `closing in any status disconnects and leaves no timer`() throws {
        for options: JSONValue in [[:], ["connectDelayMs": 100], ["mode": "tone"]] {
            try withLoopback { host in
                host.connect(options: options)
                host.close()
                #expect(
                    host.calls.last == .status(0, retry: 3, afterMs: 0, code: "closed", reason: nil)
                )
                #expect(!host.hasTimers)
            }
        }
    }

    @Test func `it waits for a secret, and never says it`() throws {
        try withLoopback { host in
            host.connect(options: ["needSecret": "apiKey"])
            #expect(host.calls.last == .requestSecret("apiKey"))
            host.secret("other", "x")
            #expect(host.statuses == [1])
            host.secret("apiKey", "hunter2")
            #expect(host.statuses == [1, 2])
            #expect(
                host.events("transport_event").last
                    == ["type": "secret", "name": "apiKey", "bytes": 7])
        }
    }

    @Test func `without the secret it does not connect`() throws {
        try withLoopback { host in
            host.connect(options: ["needSecret": "apiKey"])
            host.secret("apiKey", nil)
            guard case .status(0, 2, _, "secret_missing", _) = host.calls.last else {
                Issue.record("got \(host.calls)")
                return
            }
        }
    }

    @Test func `crash and hang come after their time`() throws {
        let cases: [(String, ConnectionPlan.Step)] = [
            ("crashAfterS", .crash), ("hangAfterS", .hang),
        ]
        for (name, step) in cases {
            var plan = ConnectionPlan(try LoopbackOptions([name: 2]), nowNs: 0)
            #expect(plan.removeDue(nowNs: 0) == .connected)
            #expect(plan.removeDue(nowNs: 1_999_999_999) == nil)
            #expect(plan.nextDueNs == 2_000_000_000)
            #expect(plan.removeDue(nowNs: 2_000_000_000) == step)
        }
    }

    @Test func `commands need a connection`() throws {
        try withLoopback { host in
            let answer = host.command("sendMessage", ["message": "x"])
            #expect(answer?.result == -3)
            #expect(answer?.message == "the loopback is not connected")
        }
    }
}
