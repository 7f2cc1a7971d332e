import Control
import ControlProtocol
import EventLoop
import Glibc
import JSON
import Testing

@Suite(.serialized) struct EventTests {
    @Test func `A subscriber gets a snapshot, then what it asked for`() async throws {
        let stage = try await Stage.open()
        let client = try Client("\(stage.directory)/control.sock")
        let answer = try client.call(
            "events.subscribe", ["types": ["turn_done", "levels"], "sessions": ["room"]])
        #expect(answer["result"] == ["sequence": 0, "snapshot": ["sessions": []]])
        await stage.publish(.turnDone, session: "s2", [:])
        await stage.publish(.turnStarted, session: "s1", [:])
        await stage.publish(.levels, session: "s1", ["inputDb": -20])
        await stage.publish(.turnDone, session: "s1", ["usage": 1])
        #expect(try client.line()?["params"]?["type"] == "levels")
        let event = try client.line()
        #expect(event?["method"] == "event")
        #expect(event?["params"]?["sequence"] == 4)
        #expect(event?["params"]?["session"] == "s1")
        #expect(event?["params"]?["data"] == ["usage": 1])
        #expect(try client.call("events.unsubscribe")["result"] == [:])
        await stage.close()
    }

    @Test func `Levels come only by name, and a monitor hears nothing that was said`() async throws
    {
        let stage = try await Stage.open()
        let client = try Client("\(stage.directory)/monitor.sock")
        _ = try client.call("events.subscribe")
        #expect(await stage.server.hasSubscribers(.levels) == false)
        await stage.publish(.levels, session: "s1", [:])
        await stage.publish(.audioTranscriptDelta, session: "s1", ["delta": "secret"])
        await stage.publish(.transportEvent, session: "s1", ["type": "x"])
        await stage.publish(.turnDone, session: "s1", [:])
        #expect(try client.line()?["params"]?["type"] == "turn_done")
        await stage.close()
    }

    @Test func `Raw events show audio as its size unless asked, and long ones as their length`()
        async throws
    {
        let stage = try await Stage.open()
        let plain = try Client("\(stage.directory)/control.sock")
        let raw = try Client("\(stage.directory)/control.sock")
        _ = try plain.call("events.subscribe")
        _ = try raw.call("events.subscribe", ["rawAudio": true])
        let event: JSONValue = ["type": "response.output_audio.delta", "delta": "AAAAAAAA"]
        await stage.publish(.transportEvent, session: "s1", event)
        #expect(try raw.line()?["params"]?["data"] == event)
        #expect(try plain.line()?["params"]?["data"]?["delta"] == ["bytes": 6])
        let long = JSONValue.string(String(repeating: "x", count: 130 << 10))
        await stage.publish(.transportEvent, session: "s1", ["type": "long", "text": long])
        #expect(try plain.line()?["params"]?["data"]?["truncated"] == true)
        await stage.close()
    }

    @Test func `A slow reader gets the newest state, hears what it lost, and delays nobody`()
        async throws
    {
        // How long it may be slow is another test's matter: on a busy machine this takes its time.
        var limits = ControlLimits()
        limits.slowReaderTime = .seconds(600)
        let stage = try await Stage.open(limits)
        let slow = try Client("\(stage.directory)/control.sock")
        _ = try slow.call("events.subscribe")
        let text = JSONValue.string(String(repeating: "x", count: 10_000))
        for number in 1...200 {
            await stage.publish(.outputTextDelta, session: "s1", ["delta": text])
            await stage.publish(.sessionState, session: "s1", ["number": .integer(Int64(number))])
        }
        let other = try Client("\(stage.directory)/control.sock")
        #expect(try other.call("gateway.info")["result"] == [:])
        var lost: Int64 = 0
        var deltas = 0
        var newest: Int64 = 0
        var lastSequence: Int64 = 0
        while lost == 0 {
            let event = try #require(try slow.line()?["params"])
            let sequence = try #require(event["sequence"]?.integerValue)
            #expect(sequence >= lastSequence)
            lastSequence = sequence
            switch event["type"]?.stringValue {
            case "lost": lost = event["data"]?["count"]?.integerValue ?? 0
            case "session_state": newest = event["data"]?["number"]?.integerValue ?? 0
            default: deltas += 1
            }
        }
        #expect(newest == 200)
        #expect(deltas + Int(lost) == 200)
        await stage.close()
    }

    @Test func `A client that never reads is cut`() async throws {
        var limits = ControlLimits()
        limits.slowReaderTime = .milliseconds(20)
        let stage = try await Stage.open(limits)
        let client = try Client("\(stage.directory)/control.sock")
        _ = try client.call("events.subscribe")
        let text = JSONValue.string(String(repeating: "x", count: 50_000))
        for _ in 1...20 { await stage.publish(.outputTextDelta, session: "s1", ["delta": text]) }
        var poller = pollfd(fd: client.fd, events: 0, revents: 0)
        #expect(poll(&poller, 1, 5_000) == 1)
        #expect(await stage.server.clientCount == 0)
        await stage.close()
    }
}
