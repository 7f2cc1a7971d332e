import EventLoop
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Control

/// Binding, the mode of the node, and what happens when the kernel has nothing left.
@Suite(.serialized) struct ListenerTests {
    @Test func `A full process lets clients wait, says so once, and takes them all later`()
        async throws
    {
        EventLoop.startThread()
        let directory = try TemporaryDirectory()
        let stage = try await Shortage(directory.file("x.sock"), [EMFILE, ENFILE, ENOMEM, ENOBUFS])
        let clients = try (1...3).map { _ in try Client(directory.file("x.sock")) }
        await stage.waitForClients(3)
        // One call for each shortage, one for each client, and those that find the queue empty.
        #expect(await stage.calls <= 4 + 3 + 3)
        #expect(await stage.lines.count == 2)
        #expect(await stage.lines.first?.contains("Too many open files") == true)
        #expect(clients.count == 3)
        await stage.close()
    }

    @Test func `A rush of clients is taken in turns, so that others are served in between`()
        async throws
    {
        EventLoop.startThread()
        let directory = try TemporaryDirectory()
        let rush = try await Rush(directory.file("x.sock"), clients: 50)
        #expect(await rush.countsBetween() == [16, 32, 48, 50])
    }

    @Test func `A client that left its place in the queue does not stop the others`() async throws {
        EventLoop.startThread()
        let directory = try TemporaryDirectory()
        let stage = try await Shortage(directory.file("x.sock"), [ECONNABORTED, EINTR])
        let client = try Client(directory.file("x.sock"))
        await stage.waitForClients(1)
        #expect(await stage.lines.isEmpty)
        #expect(client.fd >= 0)
        await stage.close()
    }

    @Test func `The node has mode 0660 whatever the umask, which binding leaves alone`()
        async throws
    {
        EventLoop.startThread()
        let directory = try TemporaryDirectory()
        let before = try Self.umaskOfProcess()
        let end = Flag()
        async let isUntouched = Self.umaskStays(before, until: end)
        for number in 1...300 {
            let mode = try await Self.modeOfSocket(directory.file("\(number).sock"))
            #expect(mode == 0o660)
        }
        end.isSet.store(true, ordering: .relaxed)
        #expect(try await isUntouched)
    }

    private final class Flag: Sendable { let isSet = Atomic(false) }

    private static func umaskStays(_ umask: Substring?, until end: Flag) async throws -> Bool {
        while !end.isSet.load(ordering: .relaxed) {
            if try umaskOfProcess() != umask { return false }
        }
        return true
    }

    @Test func `An adopted socket is never unlinked, and does not block the loop`() async throws {
        EventLoop.startThread()
        let directory = try TemporaryDirectory()
        let path = directory.file("x.sock")
        // As systemd hands it over: bound, listening and blocking.
        let fd = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = try #require(UnixAddress(path))
        try #require(address.bind(fd) == 0 && listen(fd, 8) == 0)
        let stage = await Adopted(FileDescriptor(owning: fd))
        let client = try Client(path)
        await stage.waitForClients(1)
        #expect(client.fd >= 0)
        await stage.close()
        #expect(access(path, F_OK) == 0)
    }

    /// The line `Umask:` of proc(5).
    private static func umaskOfProcess() throws -> Substring? {
        try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            .split(separator: "\n").first { $0.hasPrefix("Umask:") }
    }

    @LoopActor private static func modeOfSocket(_ path: String) throws -> mode_t {
        let listener = try UnixListener(path: path) { _ in }
        defer { listener.close() }
        var status = stat()
        try #require(lstat(path, &status) == 0)
        return status.st_mode & 0o777
    }
}

/// A listener whose first calls of accept() fail.
@LoopActor
private final class Shortage {
    private var faults: [CInt]
    private var listener: UnixListener?
    private(set) var calls = 0
    private(set) var lines: [String] = []
    private var clients = ClientCounter()

    init(_ path: String, _ faults: [CInt]) throws {
        self.faults = faults
        listener = UnixListener(
            try BoundSocket.listening(at: path), ownPath: path, restTime: .milliseconds(1),
            log: { [weak self] in self?.lines.append($0) },
            accept: { [weak self] in self?.accept($0) ?? -1 },
            onClient: { [weak self] _ in self?.clients.came() })
    }

    private func accept(_ fd: CInt) -> CInt {
        calls += 1
        guard faults.isEmpty else {
            errno = faults.removeFirst()
            return -1
        }
        return Glibc.accept(fd, nil, nil)
    }

    func waitForClients(_ count: Int) async { await clients.wait(for: count) }
    func close() { listener?.close() }
}

/// As many clients as there are at once, and how many were taken whenever another job had its turn.
@LoopActor
private final class Rush {
    private var listener: UnixListener?
    private var clients: [Client] = []
    private var taken = 0
    private var counts: [Int] = []
    private var waiter: CheckedContinuation<Void, Never>?

    init(_ path: String, clients count: Int) throws {
        listener = try UnixListener(path: path) { [weak self] _ in self?.came() }
        // The loop does not turn while this runs.
        clients = try (1...count).map { _ in try Client(path) }
    }

    private func came() {
        if taken == counts.last ?? 0 {
            EventLoop.shared.post { [self] in
                counts.append(taken)
                if taken == clients.count { waiter?.resume() }
            }
        }
        taken += 1
    }

    func countsBetween() async -> [Int] {
        if counts.last != clients.count { await withCheckedContinuation { waiter = $0 } }
        listener?.close()
        return counts
    }
}

@LoopActor
private final class Adopted {
    private var listener: UnixListener?
    private var clients = ClientCounter()

    init(_ descriptor: FileDescriptor) {
        listener = UnixListener(adopting: descriptor) { [weak self] _ in self?.clients.came() }
    }

    func waitForClients(_ count: Int) async { await clients.wait(for: count) }
    func close() { listener?.close() }
}

/// Wakes a test when as many clients came as it waits for.
@LoopActor
private final class ClientCounter {
    private var count = 0
    private var waiter: (count: Int, continuation: CheckedContinuation<Void, Never>)?

    func came() {
        count += 1
        guard let waiter, count >= waiter.count else { return }
        self.waiter = nil
        waiter.continuation.resume()
    }

    func wait(for wanted: Int) async {
        guard count < wanted else { return }
        await withCheckedContinuation { waiter = (wanted, $0) }
    }
}
