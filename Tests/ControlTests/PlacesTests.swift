import ControlProtocol
import EventLoop
import Glibc
import JSON
import Testing

@testable import Control

/// Who gets a place on the control sockets.
@Suite(.serialized) struct PlacesTests {
    private let stranger = Peer(userID: 70_001, groupID: 70_001)
    private let other = Peer(userID: 70_002, groupID: 70_002)
    private let root = Peer(userID: 0, groupID: 0)
    private let own = Peer(userID: getuid(), groupID: getgid())

    @Test func `Places are shared, kept and given back`() {
        var places = Places()
        let limits = Places.Limits(total: 4, perUser: 2, reserved: 1)
        func enter(_ peer: Peer) -> Bool { places.enter(peer, limits) }
        #expect([stranger, stranger].map(enter) == [true, true])
        #expect(!enter(stranger), "a third of one user")
        #expect(enter(other))
        #expect(!enter(other), "the place that is kept")
        #expect(enter(own))
        #expect(!enter(root), "all are taken")
        places.leave(stranger)
        #expect(places.taken == 3 && places.taken(by: 70_001) == 1)
        #expect(!enter(other), "the free one is the one that is kept")
        #expect(enter(root))
    }

    @Test func `With all other places taken, root and the daemon's user still get in`()
        async throws
    {
        var limits = ControlLimits()
        limits.clients = 4
        limits.reservedClients = 2
        let stage = try await Stage.open(limits)
        var clients = [
            try await stage.client(of: stranger), try await stage.client(of: other),
        ]
        let refused = try await stage.client(of: Peer(userID: 70_003, groupID: 70_003))
        #expect(try refused.line()?.errorCode == "limit_exceeded")
        #expect(try refused.line() == nil)
        for peer in [root, own] {
            clients.append(try await stage.client(of: peer))
        }
        for client in clients { #expect(try client.call("gateway.info")["result"] == [:]) }
        await stage.close()
    }

    @Test func `Sixty-four clients are served, and the next one hears that there are too many`()
        async throws
    {
        var limits = ControlLimits()
        // On a busy machine sixty-four connections take longer than a client has for its first request.
        limits.firstRequestTimeout = .seconds(600)
        let stage = try await Stage.open(limits)
        let users = (0..<62).map { Peer(userID: uid_t(70_000 + $0 % 2), groupID: 1) }
        var clients: [Client] = []
        for peer in users + [own, own] { clients.append(try await stage.client(of: peer)) }
        for client in clients { #expect(try client.call("gateway.info")["result"] == [:]) }
        #expect(await stage.server.clientCount == 64)
        let late = try Client("\(stage.directory)/control.sock")
        let answer = try late.line()
        #expect(answer?["id"]?.isNull == true)
        #expect(answer?.errorCode == "limit_exceeded")
        #expect(
            answer?.errorMessage
                == "too many clients (64, 2 of user \(getuid())): close some")
        #expect(try late.line() == nil)
        await stage.close()
    }

    @Test func `A user whom config does not name is refused, whatever the socket's role`()
        async throws
    {
        let stage = try await Stage.open()
        await stage.allow { role, peer in peer.userID == 70_001 && role == .monitor }
        let named = try await stage.client(of: stranger, role: .monitor)
        #expect(try named.call("gateway.info")["result"] == [:])
        for (peer, role) in [(stranger, Role.control), (other, .monitor), (other, .control)] {
            let refused = try await stage.client(of: peer, role: role)
            let answer = try refused.line()
            #expect(answer?.errorCode == "forbidden")
            #expect(answer?.errorMessage == "user \(peer.userID) may not use this socket")
            #expect(try refused.line() == nil)
        }
        for peer in [root, own] {
            let client = try await stage.client(of: peer)
            #expect(try client.call("gateway.info")["result"] == [:])
        }
        await stage.close()
    }

    /// Only root can become somebody else; the kernel's answer is taken as it is.
    @Test(.enabled(if: getuid() == 0))
    func `The kernel tells who connected`() async throws {
        let stage = try await Stage.open()
        await stage.allow { _, peer in peer.userID == 70_001 && peer.groupID == 70_009 }
        let path = "\(stage.directory)/control.sock"
        try #require(chmod(stage.directory, 0o755) == 0 && chmod(path, 0o666) == 0)
        let named = try Client.connected(to: path, as: 70_001, group: 70_009)
        #expect(try named.call("gateway.info")["result"] == [:])
        let stranger = try Client.connected(to: path, as: 70_002, group: 70_009)
        #expect(try stranger.line()?.errorMessage == "user 70002 may not use this socket")
        await stage.close()
    }
}

extension Client {
    /// Connects as another user. The system call changes the calling thread alone, where the C library
    /// would change all of them; the kernel notes the credentials at connect(2).
    static func connected(to path: String, as user: uid_t, group: gid_t) throws -> Client {
        typealias Call = @convention(c) (Int, Int, Int, Int) -> Int
        let call = unsafeBitCast(try #require(dlsym(nil, "syscall")), to: Call.self)
        #if arch(x86_64)
            let (setUser, setGroup) = (117, 119)
        #else
            let (setUser, setGroup) = (147, 149)
        #endif
        let keep = -1
        try #require(call(setGroup, keep, Int(group), keep) == 0)
        try #require(call(setUser, keep, Int(user), keep) == 0)
        defer {
            _ = call(setUser, keep, 0, keep)
            _ = call(setGroup, keep, 0, keep)
        }
        return try Client(path)
    }
}
