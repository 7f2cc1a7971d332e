import ControlProtocol
import EventLoop
import Glibc
import JSON
import Testing

@testable import Control

/// The blocking client: where it looks, and what it says when it gets nothing.
@Suite(.serialized) struct ControlClientTests {
    @Test func `It connects to the first path that answers`() async throws {
        let stage = try await Stage.open()
        let path = "\(stage.directory)/monitor.sock"
        let client = try ControlClient(paths: ["/nowhere/x.sock", path, "/nowhere/y.sock"])
        #expect(client.path == path)
        #expect(try client.call("gateway.info") == [:])
        await stage.close()
    }

    @Test func `Without an answer every path is listed with its own reason`() async throws {
        let directory = try TemporaryDirectory()
        let dead = directory.file("dead.sock")
        let fd = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = try #require(UnixAddress(dead))
        try #require(address.bind(fd) == 0)
        defer { close(fd) }
        let long = "/" + String(repeating: "x", count: 200)
        do {
            // The reason of the first path is at hand in errno when the second one is looked at.
            _ = try ControlClient(paths: ["/nowhere/x.sock", long, dead, ""])
            Issue.record("there is no daemon")
        } catch {
            guard case .noDaemon(let tried) = error else { throw error }
            #expect(tried.map(\.path) == ["/nowhere/x.sock", long, dead, ""])
            #expect(
                tried.map(\.reason) == [
                    "No such file or directory", "the path is over 107 bytes long",
                    "Connection refused", "the path is empty",
                ])
            #expect("\(error)".contains("/nowhere/x.sock (No such file or directory)"))
        }
    }

    @Test func `A process without descriptors hears so, and not that there is no daemon`() {
        var calls = ClientSocket.Calls()
        calls.socket = {
            errno = EMFILE
            return -1
        }
        #expect(Self.failure { _ = try ClientSocket(paths: ["/x"], calls: calls) } == EMFILE)
    }

    @Test func `An error of poll is no time-out`() async throws {
        let stage = try await Stage.open()
        var calls = ClientSocket.Calls()
        calls.poll = { _, _ in
            errno = ENOMEM
            return -1
        }
        let socket = try ClientSocket(paths: ["\(stage.directory)/control.sock"], calls: calls)
        let client = ControlClient(socket)
        #expect(Self.failure { _ = try client.call("gateway.info") } == ENOMEM)
        await stage.close()
    }

    @Test func `A signal does not end the waiting`() async throws {
        let stage = try await Stage.open()
        var calls = ClientSocket.Calls()
        let signals = Countdown(3)
        calls.poll = { descriptor, timeoutMs in
            guard signals.isOver() else {
                errno = EINTR
                return -1
            }
            return poll(&descriptor, 1, timeoutMs)
        }
        let socket = try ClientSocket(paths: ["\(stage.directory)/control.sock"], calls: calls)
        #expect(try ControlClient(socket).call("gateway.info") == [:])
        await stage.close()
    }

    @Test func `What is not answered in time is a time-out, and a late answer goes to nobody`()
        async throws
    {
        let stage = try await Stage.open()
        let client = try ControlClient(paths: ["\(stage.directory)/control.sock"])
        #expect(throws: ControlClientError.self) {
            try client.call("session.interrupt", ["session": "s1"], timeout: .milliseconds(10))
        }
        await stage.release()
        #expect(try client.call("sessions.get", ["session": "s2"]) == ["session": "s2"])
        await stage.close()
    }

    @Test func `A refusal has number, word and sentence`() async throws {
        let stage = try await Stage.open()
        let client = try ControlClient(paths: ["\(stage.directory)/control.sock"])
        for (session, expected) in [
            (JSONValue.string("gone"), (-32_000, "unknown_session" as String?)),
            (7, (-32_602, nil)),
        ] as [(JSONValue, (Int64, String?))] {
            do {
                _ = try client.call("sessions.get", ["session": session])
                Issue.record("\(session) is no session")
            } catch {
                guard case .refused(let code, let word, let message) = error else { throw error }
                #expect(code == expected.0 && word == expected.1)
                #expect(!message.isEmpty)
            }
        }
        await stage.close()
    }

    @Test func `A client that is not served hears why, though it has been hung up on already`()
        async throws
    {
        var limits = ControlLimits()
        limits.clients = 0
        let stage = try await Stage.open(limits)
        let client = try ControlClient(paths: ["\(stage.directory)/control.sock"])
        var ended = pollfd(fd: client.fileDescriptor, events: 0, revents: 0)
        try #require(poll(&ended, 1, 5_000) == 1)
        do {
            _ = try client.call("gateway.info")
            Issue.record("there was no place")
        } catch {
            guard case .refused(_, word: "limit_exceeded", _) = error else { throw error }
        }
        await stage.close()
    }

    @Test func `Events that come before an answer are kept`() async throws {
        let stage = try await Stage.open()
        let client = try ControlClient(paths: ["\(stage.directory)/control.sock"])
        _ = try client.call("events.subscribe")
        await stage.publish(.turnDone, session: "s1", ["number": 1])
        await stage.publish(.turnDone, session: "s1", ["number": 2])
        #expect(try client.call("gateway.info") == [:])
        #expect(try client.nextEvent()["data"] == ["number": 1])
        #expect(try client.nextEvent()["data"] == ["number": 2])
        await stage.close()
    }

    @Test(arguments: ["", "garbage\n", "{\"jsonrpc\":"])
    func `A daemon that ends or talks nonsense is an error of its own`(said: String) async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await Talker(directory.file("x.sock"), says: said)
        let client = try ControlClient(paths: [directory.file("x.sock")])
        do {
            _ = try client.call("gateway.info")
            Issue.record("that was no answer")
        } catch {
            switch error {
            case .malformed: #expect(said == "garbage\n")
            case .connectionLost: #expect(said != "garbage\n")
            default: throw error
            }
        }
        await daemon.close()
    }

    @Test func `The audio client gives the greeting and what came right behind it`() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await Talker(directory.file("x.sock"), says: "{\"rate\":8000}\nab")
        let client = try AudioClient(
            paths: ["/nowhere", directory.file("x.sock")], request: ["session": "echo"])
        #expect(client.greeting == ["rate": 8_000])
        #expect(client.first == Array("ab".utf8))
        await daemon.close()
        let stage = try await DoorStage.open()
        do {
            _ = try AudioClient(
                paths: [stage.directory.file("audio.sock")], request: ["session": "nobody"])
            Issue.record("there is no such session")
        } catch {
            guard case .refused(_, word: "unknown_session", _) = error else { throw error }
        }
        await stage.close()
    }

    @Test
    func `The places to look at are the option's, else the environment's, else both daemons'`() {
        func candidates(_ explicit: String?, _ variables: [String: String]) -> [String] {
            SocketLocation.candidates(explicit: explicit) { variables[$0] }
        }
        let all = ["PARLEY_SOCKET": "/p", "XDG_RUNTIME_DIR": "/run/user/1"]
        #expect(candidates("/e", all) == ["/e"])
        #expect(candidates(nil, all) == ["/p"])
        #expect(
            candidates(nil, ["XDG_RUNTIME_DIR": "/run/user/1"])
                == ["/run/user/1/parley/control.sock", "/run/parley/control.sock"])
        #expect(candidates(nil, [:]) == ["/run/parley/control.sock"])
        #expect(SocketLocation.audioSocket(besides: "/a/b/control.sock") == "/a/b/audio.sock")
        #expect(SocketLocation.audioSocket(besides: "control.sock") == "./audio.sock")
    }

    /// The errno of the system call that `body` says has failed.
    private static func failure(_ body: () throws -> Void) -> CInt? {
        do {
            try body()
        } catch ControlClientError.failed(_, let code) {
            return code
        } catch {
            Issue.record("\(error)")
        }
        return nil
    }
}

private final class Countdown {
    private var rest: Int
    init(_ rest: Int) { self.rest = rest }
    func isOver() -> Bool {
        rest -= 1
        return rest < 0
    }
}

/// Says something to whoever comes, and then no more.
@LoopActor
private final class Talker {
    private var listener: UnixListener?

    init(_ path: String, says text: String) throws {
        listener = try UnixListener(path: path) { socket in
            _ = send(socket.raw, text, text.utf8.count, CInt(MSG_NOSIGNAL))
            shutdown(socket.raw, CInt(SHUT_WR))
            Talker.hold(socket)
        }
    }

    /// Until the loop has nothing more to do for it: an open end takes what the client sends.
    private static var held: [FileDescriptor] = []
    private static func hold(_ socket: FileDescriptor) { held.append(socket) }

    func close() {
        listener?.close()
        Self.held = []
    }
}
