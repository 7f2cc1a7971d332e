import Control
import ControlProtocol
import EventLoop
import Glibc
import JSON
import Testing

@Suite(.serialized) struct RequestTests {
    @Test(
        arguments: [
            ("not json", -32_700),
            (#"{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}"#, -32_700),
            ("[]", -32_600), ("7", -32_600), (#"{"id":1,"method":"gateway.info"}"#, -32_600),
            (#"{"jsonrpc":"2.0","id":1.5,"method":"gateway.info"}"#, -32_600),
            (#"{"jsonrpc":"2.0","id":1,"method":"gateway.info","extra":1}"#, -32_600),
            (#"{"jsonrpc":"2.0","id":1,"method":"gateway.nothing"}"#, -32_601),
            (#"{"jsonrpc":"2.0","id":1,"method":"gateway.info","params":[]}"#, -32_602),
            (#"{"jsonrpc":"2.0","id":1,"method":"sessions.get"}"#, -32_602),
        ] as [(String, Int64)])
    func `A faulty request gets its number, and the next one its answer`(
        line: String, number: Int64
    ) async throws {
        let stage = try await Stage.open()
        let client = try Client("\(stage.directory)/control.sock")
        client.send(line + "\n")
        #expect(try client.line()?.errorNumber == number)
        #expect(try client.call("gateway.info")["result"] == [:])
        await stage.close()
    }

    @Test func `Depth and bytes that are not UTF-8 are faults of the line`() async throws {
        let stage = try await Stage.open()
        let client = try Client("\(stage.directory)/control.sock")
        client.send(String(repeating: "[", count: 65) + "\n")
        #expect(try client.line()?.errorNumber == -32_600)
        client.send([0x22, 0xFF, 0x22, 10])
        let answer = try client.line()
        #expect(answer?.errorNumber == -32_700)
        #expect(answer?["id"]?.isNull == true)
        await stage.close()
    }

    @Test func `Unknown parameters are named, also inside objects`() async throws {
        let stage = try await Stage.open()
        let client = try Client("\(stage.directory)/control.sock")
        let answer = try client.call(
            "sessions.create",
            ["transport": "loopback", "local": ["kind": "stream", "rat": 8_000]])
        #expect(answer.errorNumber == -32_602)
        #expect(answer.errorMessage.contains("local.rat"))
        #expect(await stage.answered.isEmpty)
        await stage.close()
    }

    @Test func `A refusal carries its stable code`() async throws {
        let stage = try await Stage.open()
        let client = try Client("\(stage.directory)/control.sock")
        let answer = try client.call("sessions.get", ["session": "gone"])
        #expect(answer.errorNumber == -32_000)
        #expect(answer.errorCode == "unknown_session")
        await stage.close()
    }

    @Test func `A request may come a byte at a time`() async throws {
        let stage = try await Stage.open()
        let client = try Client("\(stage.directory)/control.sock")
        for byte in #"{"jsonrpc":"2.0","id":"x","method":"gateway.info"}"#.utf8 {
            client.send([byte])
        }
        client.send("\n")
        #expect(try client.line() == ["jsonrpc": "2.0", "id": "x", "result": [:]])
        await stage.close()
    }

    @Test func `Answers keep the order of requests unless one waits`() async throws {
        let stage = try await Stage.open()
        let client = try Client("\(stage.directory)/control.sock")
        client.request(1, "session.interrupt", ["session": "s1"])
        for id in 2...9 { client.request(Int64(id), "gateway.info") }
        for id in 2...9 { #expect(try client.line()?["id"] == .integer(Int64(id))) }
        await stage.release()
        #expect(try client.line()?["id"] == 1)
        await stage.close()
    }

    @Test func `A monitor changes nothing, and hears so before its parameters are looked at`()
        async throws
    {
        let stage = try await Stage.open()
        let client = try Client("\(stage.directory)/monitor.sock")
        #expect(try client.call("sessions.close", ["nonsense": 1]).errorCode == "forbidden")
        #expect(try client.call("sessions.list")["result"] == [:])
        #expect(
            try client.call("events.subscribe", ["types": ["audio_transcript_delta"]]).errorCode
                == "forbidden")
        await stage.close()
    }

    @Test func `A half-closed client gets the answer it waits for`() async throws {
        let stage = try await Stage.open()
        let client = try Client("\(stage.directory)/control.sock")
        client.request(1, "session.interrupt", ["session": "s1"])
        client.request(2, "gateway.info")
        #expect(try client.line()?["id"] == 2)
        shutdown(client.fd, CInt(SHUT_WR))
        await stage.release()
        #expect(try client.line()?["id"] == 1)
        #expect(try client.line() == nil)
        await stage.close()
    }

    @Test func `OpenRPC lists every method with a schema for each parameter`() async throws {
        let stage = try await Stage.open()
        let client = try Client("\(stage.directory)/monitor.sock")
        let document = try client.call("rpc.discover")["result"]
        let methods = try #require(document?["methods"]?.arrayValue)
        #expect(methods.compactMap { $0["name"]?.stringValue } == ControlMethod.all.map(\.name))
        #expect(Set(ControlMethod.all.map(\.name)).count == 32)
        for method in methods {
            for parameter in try #require(method["params"]?.arrayValue) {
                #expect(parameter["name"]?.stringValue != nil)
                #expect(parameter["schema"]?.objectValue?.isEmpty == false)
            }
        }
        await stage.close()
    }
}
