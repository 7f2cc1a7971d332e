import Control
import EventLoop
import Glibc
import Synchronization
import Testing

@testable import parleyctl

/// Standard input and output may be non-blocking when another program shares them.
@Suite("The pump between standard input and the audio socket")
struct AudioPumpTests {
    @Test("an input with nothing in it is not at its end")
    func emptyInput() async throws {
        let gateway = try await ScriptedGateway.start()
        let socket = try ClientSocket(paths: ["\(gateway.directory)/audio.sock"])
        let input = try PipeEnds(flags: CInt(O_NONBLOCK))
        var pump = AudioPump(socket: socket, readsInput: true, input: input.read)
        try pump.takeInput()
        #expect(pump.inputIsOpen)
        input.closeWriteEnd()
        try pump.takeInput()
        #expect(!pump.inputIsOpen)
        await gateway.close()
    }

    @Test("an input that can't be read is an error, not the end")
    func brokenInput() async throws {
        let gateway = try await ScriptedGateway.start()
        let socket = try ClientSocket(paths: ["\(gateway.directory)/audio.sock"])
        var pump = AudioPump(socket: socket, readsInput: true, input: -1)
        do {
            try pump.takeInput()
            Issue.record("there is no such descriptor")
        } catch {
            #expect("\(error)" == "standard input can't be read: Bad file descriptor")
        }
        await gateway.close()
    }

    @Test("an output that is full for now gets everything all the same")
    func fullOutput() async throws {
        let gateway = try await ScriptedGateway.start()
        let socket = try ClientSocket(paths: ["\(gateway.directory)/audio.sock"])
        let output = try PipeEnds(flags: CInt(O_NONBLOCK))
        let pump = AudioPump(socket: socket, readsInput: false, output: output.write)
        let size = 300_000
        async let received = output.readAll(size)
        try pump.write([UInt8](repeating: 7, count: size)[...])
        #expect(await received == size)
        await gateway.close()
    }
}

/// A pipe, closed at the end of its life.
private final class PipeEnds: Sendable {
    let read: CInt
    private let writer: Mutex<FileDescriptor?>
    let write: CInt

    struct Failure: Error {}

    init(flags: CInt) throws {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure() }
        for end in ends { _ = fcntl(end, F_SETFL, flags) }
        read = ends[0]
        write = ends[1]
        writer = Mutex(FileDescriptor(owning: ends[1]))
    }

    deinit { close(read) }

    func closeWriteEnd() { writer.withLock { $0 = nil } }

    /// Reads until `size` bytes have come.
    func readAll(_ size: Int) async -> Int {
        var count = 0
        var room = [UInt8](repeating: 0, count: 4_096)
        while count < size {
            var ready = pollfd(fd: read, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 5_000) == 1 else { return count }
            count += max(0, Glibc.read(read, &room, room.count))
        }
        return count
    }
}
