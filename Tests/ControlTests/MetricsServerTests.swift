import EventLoop
import Glibc
import Metrics
import Testing

@testable import Control

@Suite("Metrics over HTTP, and scrapers without manners")
struct MetricsServerTests {
    private static let family = MetricFamily(.counter, "answers", "Answers.")
    private static let filler = MetricFamily(.gauge, "filler", labels: ["text"], "Filler.")

    /// A server that nobody listens for: clients are pairs of sockets.
    @LoopActor
    private final class Stage {
        let server: MetricsServer

        /// - Parameter filler: bytes that an answer has more.
        nonisolated static func open(
            filler: Int = 0, _ change: @Sendable (inout MetricsServer.Limits) -> Void = { _ in }
        ) async -> Stage {
            EventLoop.startThread()
            var limits = MetricsServer.Limits()
            limits.places = .init(total: 64, perUser: 64, reserved: 0)
            change(&limits)
            return await Stage(limits, filler)
        }

        init(_ limits: MetricsServer.Limits, _ filler: Int) {
            let registry = MetricRegistry()
            registry.register([MetricsServerTests.filler]) {
                guard filler > 0 else { return }
                $0.add(MetricsServerTests.filler, 1, String(repeating: "x", count: filler))
            }
            registry.register([MetricsServerTests.family]) { $0.add(MetricsServerTests.family, 42) }
            server = MetricsServer(registry: registry, limits: limits)
        }

        func client(
            of peer: Peer = Peer(userID: getuid(), groupID: 0)
        ) throws -> sending ScrapeClient {
            let (near, far) = try ScrapeClient.pair()
            server.accept(near, from: peer)
            return far
        }
    }

    @Test("GET is answered with OpenMetrics, and the connection ends")
    func get() async throws {
        let stage = await Stage.open()
        let client = try await stage.client()
        client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = client.readToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("Content-Type: application/openmetrics-text; version=1.0.0;"))
        #expect(answer.hasSuffix("parley_answers_total 42\n# EOF\n"))
        let body = answer.split(separator: "\r\n\r\n", maxSplits: 1).last ?? ""
        #expect(answer.contains("Content-Length: \(body.utf8.count)\r\n"))
    }

    @Test("HEAD gets the head alone")
    func head() async throws {
        let stage = await Stage.open()
        let client = try await stage.client()
        client.send("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(client.readToEnd().hasSuffix("Connection: close\r\n\r\n"))
    }

    @Test("a request in single bytes is as good as any")
    func dribble() async throws {
        let stage = await Stage.open()
        let client = try await stage.client()
        for byte in "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" { client.send(String(byte)) }
        #expect(client.readToEnd().hasPrefix("HTTP/1.1 200 "))
    }

    @Test("a request that does not come is given up")
    func silent() async throws {
        let stage = await Stage.open { $0.requestTime = .milliseconds(50) }
        let client = try await stage.client()
        client.send("GET /metrics HT")
        #expect(client.readToEnd().hasPrefix("HTTP/1.1 408 "))
    }

    @Test("a request that is too long is refused before it has ended")
    func long() async throws {
        let stage = await Stage.open()
        let client = try await stage.client()
        client.send("GET /metrics HTTP/1.1\r\nX: \(String(repeating: "x", count: 9_000))")
        #expect(client.readToEnd().hasPrefix("HTTP/1.1 431 "))
    }

    @Test("one who never reads his answer is gone in time, and others are served meanwhile")
    func deaf() async throws {
        // More than the kernel holds for a reader.
        let stage = await Stage.open(filler: 8 << 20) {
            $0.answerTime = .milliseconds(200)
            $0.places = .init(total: 1, perUser: 1, reserved: 0)
        }
        let deaf = try await stage.client()
        deaf.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        // His place is free again when he is gone; until then the next one is told.
        var answer = ""
        for _ in 0..<100_000 where !answer.hasPrefix("HTTP/1.1 200 ") {
            let next = try await stage.client()
            next.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = next.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 200 ") || answer.hasPrefix("HTTP/1.1 503 "))
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
    }

    @Test("nobody takes all places, and strangers none")
    func places() async throws {
        let stage = await Stage.open { $0.places = .init(total: 4, perUser: 2, reserved: 1) }
        let stranger = Peer(userID: 70_001, groupID: 70_001)
        let held = [try await stage.client(of: stranger), try await stage.client(of: stranger)]
        #expect(try await stage.client(of: stranger).readToEnd().hasPrefix("HTTP/1.1 503 "))
        await allowNobody(stage)
        #expect(try await stage.client(of: stranger).readToEnd().hasPrefix("HTTP/1.1 403 "))
        // A TCP connection has no user: whoever set the socket up has decided.
        let remote = try await stage.client(of: Peer(userID: .max, groupID: .max))
        remote.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(remote.readToEnd().hasPrefix("HTTP/1.1 200 "))
        withExtendedLifetime(held) {}
    }

    @Test("a TCP socket that somebody else made to listen is served as well")
    func tcp() async throws {
        let stage = await Stage.open()
        let (listening, address) = try ScrapeClient.tcpListener()
        let listener = await serve(listening, stage)
        let client = try ScrapeClient.connect(address)
        client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nand more that nobody wants")
        #expect(client.readToEnd().hasSuffix("parley_answers_total 42\n# EOF\n"))
        await listener.close()
    }

    @LoopActor private func serve(
        _ listening: sending FileDescriptor, _ stage: Stage
    ) -> UnixListener {
        UnixListener(adopting: listening) { stage.server.accept($0) }
    }

    @LoopActor private func allowNobody(_ stage: Stage) {
        stage.server.isAllowed = { _ in false }
    }

    @Test("who asks without end is told to wait")
    func pace() async throws {
        let stage = await Stage.open {
            $0.answersAtOnce = 2
            // None comes back while a slow machine runs the test.
            $0.answersPerSecond = 0
        }
        func ask(_ count: Int, as user: uid_t) async throws -> [String] {
            var words: [String] = []
            for _ in 0..<count {
                let client = try await stage.client(of: Peer(userID: user, groupID: 0))
                client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
                words.append(String(client.readToEnd().dropFirst(9).prefix(3)))
            }
            return words
        }
        #expect(try await ask(3, as: 70_001) == ["200", "200", "429"])
        // His haste is nobody else's; all of TCP is one.
        #expect(try await ask(1, as: 70_002) == ["200"])
        #expect(try await ask(3, as: .max) == ["200", "200", "429"])
        #expect(try await ask(1, as: 70_001) == ["429"])
    }
}

/// The scraper's end of a pair of sockets.
final class ScrapeClient {
    private let socket: FileDescriptor

    private init(_ socket: FileDescriptor) { self.socket = socket }

    static func pair() throws -> sending (FileDescriptor, ScrapeClient) {
        var ends: [CInt] = [0, 0]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        return (FileDescriptor(owning: ends[0]), ScrapeClient(FileDescriptor(owning: ends[1])))
    }

    /// As a service manager hands one over: blocking, on a port that the kernel chose.
    static func tcpListener() throws -> sending (FileDescriptor, sockaddr_in) {
        let fd = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, size) == 0 ? getsockname(fd, $0, &size) : -1
            }
        }
        try #require(result == 0 && listen(fd, 8) == 0)
        return (FileDescriptor(owning: fd), address)
    }

    static func connect(_ address: sockaddr_in) throws -> ScrapeClient {
        let fd = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = address
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
        return ScrapeClient(FileDescriptor(owning: fd))
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(socket.raw, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }

    func readToEnd() -> String {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket.raw, &chunk, chunk.count, 0)
            guard count > 0 else { return String(decoding: all, as: UTF8.self) }
            all += chunk[..<count]
        }
    }
}
