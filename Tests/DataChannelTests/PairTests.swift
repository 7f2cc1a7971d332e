import DataChannel
import Testing

@Suite struct PairTests {
    @Test func `a channel opens at both ends and carries messages both ways`() throws {
        let pair = Pair()
        try pair.start()
        let id = try #require(pair.client.open(.init(label: "events"), nowNs: pair.nowNs))
        pair.settle()
        #expect(pair.events == [.client: ["opened 0 events"], .server: ["opened 0 events"]])
        let messages: [DataChannels.Message] = [
            .text("hello"), .text(""), .binary([0, 1, 2]), .binary([]),
        ]
        for message in messages {
            #expect(pair.client.send(message, on: id, nowNs: pair.nowNs) == .queued)
            #expect(pair.server.send(message, on: id, nowNs: pair.nowNs) == .queued)
        }
        pair.settle()
        #expect(pair.messages == [.client: messages, .server: messages])
    }

    @Test func `what is opened and sent before the association is up arrives`() throws {
        let pair = Pair()
        let id = try #require(pair.server.open(.init(label: "early"), nowNs: pair.nowNs))
        #expect(pair.server.send(.text("first"), on: id, nowNs: pair.nowNs) == .queued)
        try pair.start()
        #expect(id == 1)
        #expect(pair.messages[.client] == [.text("first")])
    }

    @Test func `the largest message arrives whole, in packets that DTLS can carry`() throws {
        let pair = Pair()
        try pair.start()
        let id = try #require(pair.client.open(.init(label: "x"), nowNs: pair.nowNs))
        let bytes = (0..<DataChannels.maximumMessageBytes).map { UInt8(truncatingIfNeeded: $0) }
        #expect(pair.client.send(.binary(bytes), on: id, nowNs: pair.nowNs) == .queued)
        pair.settle()
        #expect(pair.messages[.server] == [.binary(bytes)])
        #expect(pair.largest <= 1_160)
        #expect(
            pair.client.send(.binary(bytes + [0]), on: id, nowNs: pair.nowNs) == .refused)
    }

    @Test func `a path that loses every eleventh packet loses no message`() throws {
        let pair = Pair()
        try pair.start()
        pair.arrives = { $0 % 11 != 0 }
        let id = try #require(pair.client.open(.init(label: "x"), nowNs: pair.nowNs))
        for number in 0..<40 {
            #expect(
                pair.client.send(
                    .text("\(number)" + String(repeating: "x", count: 3_000)), on: id,
                    nowNs: pair.nowNs) == .queued)
        }
        pair.pass(ms: 20_000, really: true) { pair.messages[.server]?.count == 40 }
        #expect(pair.messages[.server]?.count == 40)
    }

    @Test func `nothing is due while nothing is under way`() throws {
        let pair = Pair()
        try pair.start()
        let id = try #require(pair.client.open(.init(label: "x"), nowNs: pair.nowNs))
        pair.settle()
        #expect(pair.client.nextDueNs == nil)
        #expect(pair.server.nextDueNs == nil)
        pair.arrives = { _ in false }
        _ = pair.client.send(.text("lost"), on: id, nowNs: pair.nowNs)
        pair.settle()
        #expect(pair.client.nextDueNs != nil)
        pair.arrives = { _ in true }
        pair.pass(ms: 5_000, really: true) { pair.client.nextDueNs == nil }
        #expect(pair.messages[.server] == [.text("lost")])
        #expect(pair.client.nextDueNs == nil)
    }

    @Test func `a peer that does not read fills the queue, and no more`() throws {
        let pair = Pair()
        try pair.start()
        let id = try #require(pair.server.open(.init(label: "x"), nowNs: pair.nowNs))
        pair.settle()
        pair.arrives = { _ in false }
        var result = DataChannels.SendResult.queued
        var count = 0
        while result == .queued, count < 1_000 {
            result = pair.server.send(
                .binary([UInt8](repeating: 1, count: 65_536)), on: id, nowNs: pair.nowNs)
            count += 1
        }
        #expect(result == .full)
        #expect(count < 40)
        #expect(pair.server.bufferedBytes <= 1 << 19)
    }

    @Test func `closing a channel closes it at both ends, and its number is free again`() throws {
        let pair = Pair()
        try pair.start()
        let id = try #require(pair.client.open(.init(label: "x"), nowNs: pair.nowNs))
        pair.settle()
        _ = pair.client.send(.text("last"), on: id, nowNs: pair.nowNs)
        pair.client.close(id, nowNs: pair.nowNs)
        pair.settle()
        pair.pass(ms: 2_000)
        #expect(pair.messages[.server] == [.text("last")])
        #expect(pair.events[.client]?.last == "closed 0")
        #expect(pair.events[.server]?.last == "closed 0")
        #expect(pair.server.send(.text("x"), on: id, nowNs: pair.nowNs) == .refused)
        #expect(pair.client.nextDueNs == nil)
        #expect(pair.client.open(.init(label: "again"), nowNs: pair.nowNs) == id)
        pair.settle()
        #expect(pair.events[.server]?.last == "opened 0 again")
        _ = pair.server.send(.text("x"), on: id, nowNs: pair.nowNs)
        pair.settle()
        #expect(pair.messages[.client] == [.text("x")])
    }

    @Test func `closing tells the peer`() throws {
        let pair = Pair()
        try pair.start()
        pair.client.close(nowNs: pair.nowNs)
        pair.settle()
        #expect(pair.events[.client] == ["ended "])
        #expect(pair.events[.server]?.count == 1)
        #expect(pair.events[.server]?.first?.hasPrefix("ended the association") == true)
    }

    @Test func `a peer that never answers ends it`() throws {
        let pair = Pair()
        pair.arrives = { _ in false }
        try pair.start()
        pair.pass(ms: 120_000) { pair.events[.client] != nil }
        #expect(pair.events[.client]?.first?.hasPrefix("ended") == true)
        #expect(pair.client.nextDueNs == nil)
    }

    @Test func `garbage does nothing`() throws {
        let pair = Pair()
        try pair.start()
        let id = try #require(pair.client.open(.init(label: "x"), nowNs: pair.nowNs))
        pair.settle()
        var seed: UInt64 = 1
        for count in 0..<500 {
            let bytes = (0..<count).map { _ -> UInt8 in
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: seed >> 33)
            }
            bytes.withUnsafeBytes { pair.server.receive($0, nowNs: pair.nowNs) }
        }
        _ = pair.client.send(.text("still here"), on: id, nowNs: pair.nowNs)
        pair.settle()
        #expect(pair.messages[.server] == [.text("still here")])
    }

    @Test func `an association that is gone is not called any more`() throws {
        var packets: [[UInt8]] = []
        let server = DataChannels(isClient: false)
        do {
            let client = DataChannels(isClient: true)
            try client.start(nowNs: 5_000_000_000_000)
            while case .send(let packet)? = client.nextEffect() { packets.append(packet) }
        }
        try server.start(nowNs: 5_000_000_000_000)
        for packet in packets {
            packet.withUnsafeBytes { server.receive($0, nowNs: 5_000_000_000_000) }
        }
        server.advance(nowNs: 5_060_000_000_000)
        #expect(!packets.isEmpty)
    }
}
