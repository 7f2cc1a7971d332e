import ControlProtocol
import EventLoop
import Glibc
import JSON
import Testing

@testable import Control

/// A client that falls behind on a real socket.
@Suite(.serialized) struct ConnectionOutputTests {
    private static func limits(_ slowReaderTime: Duration) -> ControlLimits {
        var limits = ControlLimits()
        limits.slowReaderSize = 1_000
        limits.slowReaderTime = slowReaderTime
        return limits
    }

    @Test func `A client that catches up in time is not cut`() async throws {
        EventLoop.startThread()
        let isCut = try await Self.run(.milliseconds(50)) { output, far in
            Self.fill(output)
            while !output.isEmpty {
                far.discard()
                #expect(output.flush())
            }
        }
        #expect(!isCut)
    }

    @Test func `A client that stays behind is cut when its time is over`() async throws {
        EventLoop.startThread()
        let isCut = try await Self.run(.milliseconds(20)) { output, far in
            Self.fill(output)
            // Reading a little does not help.
            far.discard(4_096)
            #expect(output.flush())
        }
        #expect(isCut)
    }

    @Test func `A connection that is gone is broken, and not full`() async throws {
        EventLoop.startThread()
        _ = try await Self.run(.seconds(60)) { output, far in
            far.end()
            _ = output.addReply([1, 2, 3])
            #expect(!output.flush())
        }
    }

    /// More than the socket and the limit take.
    @LoopActor private static func fill(_ output: ConnectionOutput) {
        for _ in 1...40 { output.addEvent([UInt8](repeating: 1, count: 10_000), key: nil) }
        #expect(output.flush())
        #expect(!output.isEmpty)
    }

    /// Whether the client was cut within 100 ms after `body`.
    @LoopActor private static func run(
        _ slowReaderTime: Duration, _ body: @LoopActor (ConnectionOutput, FarEnd) -> Void
    ) async throws -> Bool {
        var ends: [CInt] = [0, 0]
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        let far = FarEnd(ends[1])
        return await withCheckedContinuation { continuation in
            var isOver = false
            let finish = { (isCut: Bool) in
                guard !isOver else { return }
                isOver = true
                continuation.resume(returning: isCut)
            }
            let output = ConnectionOutput(
                socket: FileDescriptor(owning: ends[0]), limits: limits(slowReaderTime),
                lost: { _ in [0] }, onTooSlow: { finish(true) })
            body(output, far)
            _ = EventLoop.shared.schedule(after: .milliseconds(100)) {
                output.close()
                far.end()
                finish(false)
            }
        }
    }
}

/// The client's end of the connection.
@LoopActor
private final class FarEnd {
    private var descriptor: FileDescriptor?

    init(_ fd: CInt) { descriptor = FileDescriptor(owning: fd) }

    /// Reads what is there, at most `size` bytes.
    func discard(_ size: Int = 1 << 20) {
        guard let descriptor else { return }
        var room = [UInt8](repeating: 0, count: size)
        _ = recv(descriptor.raw, &room, room.count, 0)
    }

    func end() { descriptor = nil }
}
