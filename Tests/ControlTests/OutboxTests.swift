import Testing

@testable import Control

/// What waits for a client that reads slowly, without a socket.
@Suite struct OutboxTests {
    /// Takes at most `room` bytes. - Returns: what was written.
    private static func drain(_ outbox: inout Outbox, room: Int = .max) -> String {
        var room = room
        var taken: [UInt8] = []
        outbox.drain { bytes in
            let count = min(room, bytes.count)
            taken += bytes.prefix(count)
            room -= count
            return count
        }
        return String(decoding: taken, as: UTF8.self)
    }

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `Lines leave in order, whatever the socket takes at a time`() {
        var outbox = Outbox(limit: 1_000)
        _ = outbox.addReply(Self.bytes("reply 1\n"))
        outbox.addEvent(Self.bytes("event\n"), key: nil)
        _ = outbox.addReply(Self.bytes("reply 2\n"))
        var written = ""
        while !outbox.isEmpty { written += Self.drain(&outbox, room: 3) }
        #expect(written == "reply 1\nevent\nreply 2\n")
        #expect(outbox.waiting == 0)
    }

    @Test func `Of a state only the newest waits, at its place in the sequence`() {
        var outbox = Outbox(limit: 1_000)
        _ = outbox.addReply(Self.bytes("0"))
        outbox.addEvent(Self.bytes("a1"), key: "a")
        outbox.addEvent(Self.bytes("b1"), key: "b")
        outbox.addEvent(Self.bytes("x"), key: nil)
        outbox.addEvent(Self.bytes("a2"), key: "a")
        #expect(Self.drain(&outbox) == "0b1xa2")
        #expect(outbox.waiting == 0 && outbox.lost == 0)
    }

    @Test func `The line that is being written is never taken back`() {
        var outbox = Outbox(limit: 1_000)
        outbox.addEvent(Self.bytes("a1\n"), key: "a")
        #expect(Self.drain(&outbox, room: 1) == "a")
        outbox.addEvent(Self.bytes("a2\n"), key: "a")
        #expect(Self.drain(&outbox) == "1\na2\n")
    }

    @Test func `What does not fit is counted, and told when half of the room is free`() {
        var outbox = Outbox(limit: 10)
        _ = outbox.addReply(Self.bytes("r"))
        for _ in 1...5 { outbox.addEvent(Self.bytes("1234"), key: nil) }
        #expect(outbox.waiting == 8 && outbox.lost == 3)
        #expect(outbox.takeLost() == nil)
        // The reply leaves, and the first event is being written.
        #expect(Self.drain(&outbox, room: 2) == "r1")
        #expect(outbox.takeLost() == 3)
        #expect(outbox.takeLost() == nil)
        #expect(Self.drain(&outbox) == "2341234")
    }

    @Test func `A newer state takes the room of the older one`() {
        var outbox = Outbox(limit: 4)
        _ = outbox.addReply(Self.bytes("r"))
        outbox.addEvent(Self.bytes("1234"), key: "a")
        outbox.addEvent(Self.bytes("5678"), key: "a")
        outbox.addEvent(Self.bytes("x"), key: "b")
        #expect(outbox.lost == 1)
        #expect(Self.drain(&outbox) == "r5678")
    }

    @Test func `Replies over the limit mean a client that asks and never reads`() {
        var outbox = Outbox(limit: 10)
        let long = [UInt8](repeating: 1, count: 100)
        #expect([outbox.addReply(long), outbox.addReply([1, 2])] == [true, true])
        let isWithin = outbox.addReply(long)
        #expect(!isWithin)
    }
}
