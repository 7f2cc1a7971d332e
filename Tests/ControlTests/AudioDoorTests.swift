import ControlProtocol
import EventLoop
import Glibc
import JSON
import Testing

@testable import Control

/// The first line on the audio socket.
@Suite(.serialized) struct AudioDoorTests {
    @Test(
        arguments: [
            ("not json", -32_700), ("[]", -32_700), ("{}", -32_602),
            (#"{"session":1}"#, -32_602), (#"{"session":"echo","sesion":1}"#, -32_602),
            (#"{"session":"echo","direction":"up"}"#, -32_602),
            (#"{"session":"echo","continuous":"yes"}"#, -32_602),
            (#"{"session":[[[[[1]]]]]}"#, -32_700), ("", -32_700),
        ] as [(String, Int64)])
    func `A bad line is refused with its number, and the connection ends`(
        line: String, number: Int64
    ) async throws {
        let stage = try await DoorStage.open()
        let client = try stage.client()
        client.send(line + "\n")
        #expect(try client.line()?.errorNumber == number)
        #expect(try client.line() == nil)
        #expect(await stage.requests.isEmpty)
        await stage.close()
    }

    @Test func `An unknown session is refused with its word`() async throws {
        let stage = try await DoorStage.open()
        let client = try stage.client()
        client.send(#"{"session":"nobody"}"# + "\n")
        let answer = try client.line()
        #expect(answer?.errorCode == "unknown_session")
        #expect(answer?.errorMessage == "there is no session nobody")
        #expect(try client.line() == nil)
        await stage.close()
    }

    @Test func `What a program asks for reaches the session`() async throws {
        let stage = try await DoorStage.open()
        for text in [
            #"{"session":"echo"}"#, #"{"session":"echo","direction":"capture"}"#,
            #"{"session":"echo","direction":"duplex","continuous":true}"#,
        ] {
            let client = try stage.client()
            client.send(text + "\r\n")
            #expect(try client.line() == ["rate": 24_000])
        }
        #expect(await stage.requests.map(\.isListener) == [false, true, false])
        #expect(await stage.requests.map(\.isContinuous) == [false, false, true])
        await stage.close()
    }

    @Test func `The line may come a byte at a time, and samples behind it are not swallowed`()
        async throws
    {
        let stage = try await DoorStage.open()
        let client = try stage.client()
        for byte in #"{"session":"echo"}"#.utf8 { client.send([byte]) }
        client.send([10, 1, 2, 3, 10, 4])
        #expect(try client.line() == ["rate": 24_000])
        #expect(await stage.samplesOfLast() == [1, 2, 3, 10, 4])
        await stage.close()
    }

    @Test(arguments: [4_097, 100_000])
    func `A line without end is refused at 4096 bytes`(size: Int) async throws {
        let stage = try await DoorStage.open()
        let client = try stage.client()
        client.send(String(repeating: "x", count: size))
        let answer = try client.line()
        #expect(answer?.errorCode == "limit_exceeded")
        #expect(answer?.errorMessage == "the first line may have at most 4096 bytes")
        await stage.close()
    }

    @Test func `A half-close behind the line still gets the greeting`() async throws {
        let stage = try await DoorStage.open()
        let client = try stage.client()
        client.send(#"{"session":"echo"}"# + "\n")
        shutdown(client.fd, CInt(SHUT_WR))
        #expect(try client.line() == ["rate": 24_000])
        await stage.close()
    }

    @Test func `A half-close within the line is told so`() async throws {
        let stage = try await DoorStage.open()
        let client = try stage.client()
        client.send(#"{"session":"echo"}"#)
        shutdown(client.fd, CInt(SHUT_WR))
        #expect(try client.line()?.errorMessage == "the first line must end with a line feed")
        #expect(try client.line() == nil)
        await stage.close()
    }

    @Test func `A program that says nothing is sent away, and its place comes free`() async throws {
        let stage = try await DoorStage.open(total: 1, patience: .milliseconds(20))
        let silent = try stage.client()
        #expect(try silent.line()?.errorCode == "timeout")
        #expect(try silent.line() == nil)
        let next = try stage.client()
        next.send(#"{"session":"echo"}"# + "\n")
        #expect(try next.line() == ["rate": 24_000])
        await stage.close()
    }

    @Test func `One user's waiting programs leave room for others, and two places are kept`()
        async throws
    {
        let stage = try await DoorStage.open(total: 5, perUser: 2, reserved: 1)
        let one = Peer(userID: 70_001, groupID: 70_001)
        let other = Peer(userID: 70_002, groupID: 70_002)
        let third = Peer(userID: 70_003, groupID: 70_003)
        var waiting = [try await stage.client(of: one), try await stage.client(of: one)]
        let refused = try await stage.client(of: one)
        #expect(try refused.line()?.errorCode == "limit_exceeded")
        waiting += [try await stage.client(of: other), try await stage.client(of: other)]
        let late = try await stage.client(of: third)
        #expect(try late.line()?.errorCode == "limit_exceeded")
        let own = try stage.client()
        own.send(#"{"session":"echo"}"# + "\n")
        #expect(try own.line() == ["rate": 24_000])
        // Who was admitted stands at the door no more.
        waiting[0].send(#"{"session":"echo"}"# + "\n")
        #expect(try waiting[0].line() == ["rate": 24_000])
        let again = try await stage.client(of: one)
        again.send(#"{"session":"echo"}"# + "\n")
        #expect(try again.line() == ["rate": 24_000])
        await stage.close()
    }

    @Test func `Users whom config does not name are refused before their line is read`()
        async throws
    {
        let stage = try await DoorStage.open()
        await stage.allow { $0.userID == 70_001 }
        let stranger = try await stage.client(of: Peer(userID: 70_002, groupID: 70_002))
        #expect(try stranger.line()?.errorCode == "forbidden")
        let named = try await stage.client(of: Peer(userID: 70_001, groupID: 70_001))
        named.send(#"{"session":"echo"}"# + "\n")
        #expect(try named.line() == ["rate": 24_000])
        let own = try stage.client()
        own.send(#"{"session":"echo"}"# + "\n")
        #expect(try own.line() == ["rate": 24_000])
        await stage.close()
    }
}

extension DoorStage {
    func allow(_ isAllowed: @escaping @LoopActor @Sendable (Peer) -> Bool) {
        door.isAllowed = isAllowed
    }
}
