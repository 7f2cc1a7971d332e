import Control
import ControlProtocol
import EventLoop
import Glibc
import JSON
import Testing

@Suite(.serialized) struct LimitTests {
    @Test func `A line that is too long is answered with id null, and ends the connection`()
        async throws
    {
        var limits = ControlLimits()
        limits.lineSize = 1_000
        limits.largeLineSize = 10_000
        let stage = try await Stage.open(limits)
        let text = JSONValue.string(String(repeating: "x", count: 2_000))
        let client = try Client("\(stage.directory)/control.sock")
        let large = try client.call("session.sendMessage", ["session": "s1", "message": text])
        #expect(large["result"] != nil)
        let answer = try client.call("sessions.get", ["session": text])
        #expect(answer["id"]?.isNull == true)
        #expect(answer.errorNumber == -32_600)
        #expect(answer.errorMessage == "a line with sessions.get may have at most 1000 bytes")
        #expect(try client.line() == nil)
        let endless = try Client("\(stage.directory)/control.sock")
        endless.send(String(repeating: "y", count: 10_001))
        let refusal = try endless.line()
        #expect(refusal?.errorNumber == -32_600)
        #expect(refusal?.errorCode == "limit_exceeded")
        #expect(refusal?.errorMessage == "a line may have at most 10000 bytes")
        let monitor = try Client("\(stage.directory)/monitor.sock")
        monitor.send(String(repeating: "y", count: 1_001))
        #expect(
            try monitor.line()?.errorMessage == "a line may have at most 1000 bytes")
        #expect(await stage.answered == ["session.sendMessage"])
        await stage.close()
    }

    @Test func `Requests in flight are bounded`() async throws {
        let stage = try await Stage.open()
        let client = try Client("\(stage.directory)/control.sock")
        for id in 1...17 { client.request(Int64(id), "session.interrupt", ["session": "s1"]) }
        let refused = try client.line()
        #expect(refused?["id"] == 17)
        #expect(refused?.errorCode == "limit_exceeded")
        await stage.close()
    }

    @Test func `Too many requests at once are refused, each with its id`() async throws {
        var limits = ControlLimits()
        limits.requestBurst = 5
        limits.requestsPerSecond = 0
        let stage = try await Stage.open(limits)
        let client = try Client("\(stage.directory)/control.sock")
        for id in 1...6 { client.request(Int64(id), "gateway.info") }
        for _ in 1...5 { #expect(try client.line()?["result"] != nil) }
        let refused = try client.line()
        #expect(refused?["id"] == 6)
        #expect(refused?.errorCode == "limit_exceeded")
        await stage.close()
    }

    @Test func `Clients of one user are bounded, and a place comes free`() async throws {
        var limits = ControlLimits()
        limits.clientsPerUser = 1
        let stage = try await Stage.open(limits)
        do {
            let first = try Client("\(stage.directory)/control.sock")
            #expect(try first.call("gateway.info")["result"] != nil)
            let second = try Client("\(stage.directory)/monitor.sock")
            #expect(try second.line()?.errorCode == "limit_exceeded")
            shutdown(first.fd, CInt(SHUT_WR))
            #expect(try first.line() == nil)
        }
        let third = try Client("\(stage.directory)/control.sock")
        #expect(try third.call("gateway.info")["result"] != nil)
        await stage.close()
    }

    @Test func `A silent client is told and sent away`() async throws {
        var limits = ControlLimits()
        limits.firstRequestTimeout = .milliseconds(20)
        let stage = try await Stage.open(limits)
        let client = try Client("\(stage.directory)/control.sock")
        #expect(try client.line()?.errorMessage.contains("no request") == true)
        #expect(try client.line() == nil)
        await stage.close()
    }

    @Test func `A long line must end, also after others that did`() async throws {
        var limits = ControlLimits()
        limits.unendedLineSize = 1_000
        limits.unendedLineTime = .milliseconds(20)
        let stage = try await Stage.open(limits)
        let client = try Client("\(stage.directory)/control.sock")
        client.request(1, "gateway.info")
        client.send(String(repeating: "y", count: 2_000))
        #expect(try client.line()?["result"] != nil)
        let refusal = try client.line()
        #expect(refusal?.errorCode == "timeout")
        #expect(refusal?.errorMessage.contains("did not end") == true)
        #expect(try client.line() == nil)
        await stage.close()
    }

    @Test func `Long lines that have not ended share a bound, and short ones do not count`()
        async throws
    {
        var limits = ControlLimits()
        limits.unendedLineSize = 1_000
        limits.unendedLineTime = .seconds(600)
        limits.unendedBytesPerUser = 3_000
        let stage = try await Stage.open(limits)
        func client(waitingWith bytes: Int) throws -> Client {
            let client = try Client("\(stage.directory)/control.sock")
            let request = #"{"jsonrpc":"2.0","id":1,"method":"gateway.info"}"#
            client.send("\(request)\n\(String(repeating: "y", count: bytes))")
            return client
        }
        let first = try client(waitingWith: 2_000)
        #expect(try first.line()?["result"] != nil)
        let short = try client(waitingWith: 900)
        #expect(try short.line()?["result"] != nil)
        let second = try client(waitingWith: 2_000)
        #expect(try second.line()?["result"] != nil)
        let refusal = try second.line()
        #expect(refusal?.errorCode == "limit_exceeded")
        #expect(try second.line() == nil)
        // The first one's line may still end.
        first.send("\n")
        #expect(try first.line()?.errorNumber == -32_700)
        #expect(try first.call("gateway.info")["result"] != nil)
        await stage.close()
    }

    @Test func `A client that can't be watched is sent away, and its place is free`() async throws {
        let stage = try await Stage.open()
        await stage.acceptUnwatchable()
        #expect(await stage.server.clientCount == 0)
        await stage.close()
    }

    @Test func `A second server on one path is refused; a dead socket is replaced, a file is not`()
        async throws
    {
        let stage = try await Stage.open()
        let path = "\(stage.directory)/control.sock"
        #expect(await isRefused(path))
        await stage.close()
        mkdir(stage.directory, 0o700)
        let fd = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(fd, $0, size) }
        }
        #expect(bound == 0)
        close(fd)
        #expect(await !isRefused(path))
        close(creat(path, 0o600))
        #expect(await isRefused(path))
        #expect(access(path, F_OK) == 0)
        unlink(path)
        rmdir(stage.directory)
    }

    /// Whether a listener can't be had; one that can is closed.
    @LoopActor private func isRefused(_ path: String) -> Bool {
        guard let listener = try? UnixListener(path: path, onClient: { _ in }) else { return true }
        listener.close()
        return false
    }
}
